import { describe, expect, test } from "vitest"
import { decodeCursor, encodeCursor, type Position, shortCursor } from "../../../src/weir/query/cursor.ts"
import type { Field, Resource } from "../../../src/weir/resource/resource.ts"
import { resources } from "../support/fixture.ts"

const items = resources.find((r) => r.name === "items") as Resource
const keysOf = (sort: string): Field[] =>
  sort.split(",").map((name) => items.fields[name.replace("-", "")] as Field)
const decode = (sort: string, cursor: string) =>
  decodeCursor(sort, keysOf(sort), cursor, (name) => name === "id")?.position
/** A cursor with a true check over whatever is in it. */
const forged = (sort: string, position: unknown): string => encodeCursor(sort, position as Position)

describe("a cursor", () => {
  const positions: [sort: string, position: Position][] = [
    ["id", [1]],
    ["id", [Number.MAX_SAFE_INTEGER]],
    ["-price,id", [0.1 + 0.2, 7]],
    ["price,id", [Number.MAX_VALUE, 7]],
    ["price,id", [5e-324, 7]],
    ["title,-id", ['"quotes", \\ and\n👩‍👩‍👧 é', 7]],
    ["title,id", ["", 1]],
    ["-description,id", [null, 7]],
    ["created_at,id", ["2026-01-31T12:00:00.000Z", 7]],
    ["description,price,title,id", [null, 1, "x", 2]],
  ]
  test.each(positions)("over %s holds %j", (sort, position) => {
    const cursor = encodeCursor(sort, position)
    expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/)
    expect(decode(sort, cursor)).toEqual(position)
  })

  test("holds the beginning of a long text, in whole characters", () => {
    for (const text of [
      "x".repeat(10_000),
      "😀".repeat(500),
      '\\"\u0001'.repeat(300),
      `${"x".repeat(237)}😀${"x".repeat(900)}`,
    ]) {
      const sort = "description,title,id"
      const position = [text, text, Number.MAX_SAFE_INTEGER]
      const cursor = shortCursor(sort, position, (key) => key < 2) as string
      expect(cursor.length).toBeLessThanOrEqual(651)
      const [description, title] = decode(sort, cursor) as [[string], [string], number]
      for (const [beginning] of [description, title]) {
        expect(text.startsWith(beginning)).toBe(true)
        expect(beginning.isWellFormed()).toBe(true)
        expect(beginning.length).toBeGreaterThan(10)
      }
    }
  })

  test("may lead beside its position", () => {
    const decoded = (text: string) => decodeCursor("id", keysOf("id"), text, () => true)
    for (const beside of [{}, { skip: 3 }, { inclusive: true }, { skip: 9, inclusive: true }])
      expect(decoded(encodeCursor("id", [7], beside))).toEqual({
        position: [7],
        skip: 0,
        inclusive: false,
        ...beside,
      })
  })

  test("of a key that is too long there is none", () => {
    const isCuttable = (key: number) => key === 0
    expect(shortCursor("title,id", ["x".repeat(9_000), "y".repeat(2_000)], isCuttable)).toBeDefined()
    expect(shortCursor("title,id", ["x", "y".repeat(2_300)], isCuttable)).toBeUndefined()
  })

  test("belongs to one sort", () => {
    const cursor = encodeCursor("price,id", [1, 2])
    for (const sort of ["-price,id", "price,-id", "owner_id,id", "id", "price,title,id"])
      expect(decode(sort, cursor), sort).toBeUndefined()
  })

  test("that lost or changed a letter is none", () => {
    const cursor = encodeCursor("title,id", ["a title of some length", 12345])
    for (let i = 0; i < cursor.length; i++) {
      expect(decode("title,id", cursor.slice(0, i) + cursor.slice(i + 1)), `without ${i}`).toBeUndefined()
      const other = cursor[i] === "A" ? "B" : "A"
      expect(
        decode("title,id", cursor.slice(0, i) + other + cursor.slice(i + 1)),
        `other ${i}`,
      ).toBeUndefined()
    }
  })

  test.each([
    "",
    "x",
    "a".repeat(5000),
    "//////////////////",
    "e30=",
    "W10",
    " ",
    "\0",
    "ü".repeat(20),
    `${encodeCursor("id", [1])}=`,
    `${encodeCursor("id", [1])}\n`,
  ])("is not %j", (text) => expect(decode("id", text)).toBeUndefined())

  const wrong: [sort: string, position: unknown][] = [
    ["id", []],
    ["id", [1, 2]],
    ["id", ["01"]],
    ["id", [1.5]],
    ["id", [null]],
    ["id", [2 ** 53]],
    ["id", [true]],
    ["id", [[1]]],
    ["id", { 0: 1, length: 1 }],
    ["id", null],
    ["id", 1],
    ["price,id", ["1", 1]],
    ["price,id", [{}, 1]],
    ["title,id", [1, 1]],
    ["title,id", ["a\0b", 1]],
    ["title,id", ["\ud800", 1]],
    ["created_at,id", ["2026-01-31", 1]],
    ["created_at,id", ["2026-02-30T00:00:00.000Z", 1]],
    ["created_at,id", ["2026-01-31T12:00:00Z", 1]],
    ["created_at,id", [0, 1]],
    ["title,id", [[], 1]],
    ["title,id", [["a", "b"], 1]],
    ["title,id", [[1], 1]],
    ["title,id", [[null], 1]],
    ["title,id", [["a\0"], 1]],
    ["created_at,id", [["2026-01-31T12:00:00.000Z"], 1]],
    ["id", [[1]]],
    ["id", [1, {}, {}]],
    ["id", [1, null]],
    ["id", [1, []]],
    ["id", [1, { skip: -1 }]],
    ["id", [1, { skip: 0.5 }]],
    ["id", [1, { skip: "1" }]],
    ["id", [1, { inclusive: 1 }]],
  ]
  test.each(wrong)("over %s with a true check is refused where no row can have %j", (sort, position) => {
    expect(decode(sort, forged(sort, position))).toBeUndefined()
  })

  test("of a number that JSON reads as infinite is refused", () => {
    const text = Buffer.from(encodeCursor("price,id", [1, 1]), "base64url").toString()
    expect(text.slice(8)).toBe("[1,1]")
    // The check is no secret: a forger can make it as well, and gains a place that is none.
    const found = decode("price,id", Buffer.from(`${text.slice(0, 8)}[1e400,1]`).toString("base64url"))
    expect(found).toBeUndefined()
  })
})
