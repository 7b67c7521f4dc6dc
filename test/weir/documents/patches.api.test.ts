// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { expect, test } from "vitest"
import { merged } from "../../../src/weir/lib/merge-patch.ts"
import { documentWorlds } from "./support.ts"

const world = documentWorlds()

/** RFC 7396, appendix A: original, patch, result. */
const table: [unknown, unknown, unknown][] = [
  [{ a: "b" }, { a: "c" }, { a: "c" }],
  [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
  [{ a: "b" }, { a: null }, {}],
  [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
  [{ a: ["b"] }, { a: "c" }, { a: "c" }],
  [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
  [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
  [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
  [
    ["a", "b"],
    ["c", "d"],
    ["c", "d"],
  ],
  [{ a: "b" }, ["c"], ["c"]],
  [{ a: "foo" }, null, undefined],
  [{ a: "foo" }, "bar", "bar"],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: "b", c: null }, { a: "b" }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
]

test("the table of RFC 7396, each as a member and, where it is an object, as the document", async () => {
  const { call } = world()
  const patched = async (original: unknown, patch: unknown) => {
    const made = await call("POST", "/papers", { json: original })
    const headers = { "content-type": "application/merge-patch+json" }
    const answer = await call("PATCH", made.headers.get("location") as string, { json: patch, headers })
    expect(answer.status, answer.text).toBe(200)
    const { _id, _created_at, _updated_at, ...own } = answer.body as Record<string, unknown>
    return own
  }
  for (const [original, patch, result] of table) {
    expect(await patched({ v: original, w: 1 }, { v: patch })).toEqual(
      result === undefined ? { w: 1 } : { v: result, w: 1 },
    )
    expect(await patched({ w: { v: original } }, { w: { v: patch } })).toEqual({
      w: result === undefined ? {} : { v: result },
    })
    if ([original, patch].every((one) => typeof one === "object" && one !== null && !Array.isArray(one)))
      expect(await patched(original, patch)).toEqual(result)
  }
})

/** A value that looks random, and is the same in every run. */
function generator(seed: number) {
  let state = seed
  const next = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  const names = ["a", "b", "", "a.b", '"', "__x", "0", "é"]
  const value = (depth: number): unknown => {
    const kind = next(depth > 0 ? 8 : 5)
    if (kind < 5) return [null, true, next(5), "text", []][kind]
    if (kind === 5) return [value(depth - 1), next(3)]
    return Object.fromEntries(
      Array.from({ length: next(4) }, () => [names[next(names.length)], value(depth - 1)]),
    )
  }
  return (depth: number) => ({ top: value(depth), a: value(depth), n: next(3) })
}

test("300 patches that look random make what RFC 7396 says", async () => {
  const { call } = world()
  const made = generator(7)
  for (let n = 0; n < 300; n++) {
    const [original, patch] = [made(4), made(4)]
    await call("PUT", "/papers/p", { json: original })
    const answer = await call("PATCH", "/papers/p", { json: patch })
    const { _id, _created_at, _updated_at, ...own } = answer.body as Record<string, unknown>
    expect(own, JSON.stringify([original, patch])).toEqual(merged(original, patch))
  }
})

test("patches of different members at once all hold", async () => {
  const { call } = world()
  await call("PUT", "/papers/p", { json: { in: { start: 1 } } })
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, n) =>
      call("PATCH", "/papers/p", { json: { [`m${n}`]: n, in: { [`i${n}`]: n } } }),
    ),
  )
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  const after = (await call("GET", "/papers/p")).body as { in: object }
  expect(Object.keys(after.in)).toHaveLength(61)
  expect(Object.keys(after)).toHaveLength(64)
})

test("a schema holds for what patches make together, and each that fits holds", async () => {
  const { call } = world()
  await call("PUT", "/parts/p", { json: { name: "part" } })
  const sizes = await Promise.all([
    ...["width", "height"].map((side) => call("PATCH", "/parts/p", { json: { size: { [side]: 5 } } })),
    ...["x1", "x2", "x3"].map((name) => call("PATCH", "/parts/p", { json: { [name]: 1 } })),
  ])
  expect(sizes.map(({ status, text }) => (status === 200 ? status : text))).toEqual(Array(5).fill(200))
  expect((await call("GET", "/parts/p")).body).toMatchObject({ size: { width: 5, height: 5 }, x1: 1, x3: 1 })
  // Either alone is valid, and both together are not.
  for (let n = 0; n < 10; n++) {
    await call("PUT", "/parts/q", { json: { name: "part" } })
    const ends = ["from", "to"].map((end) => call("PATCH", "/parts/q", { json: { [end]: 1 } }))
    expect((await Promise.all(ends)).map(({ status }) => status).sort()).toEqual([200, 422])
  }
})

test("a patch of very many objects is refused", async () => {
  const { call } = world()
  await call("PUT", "/papers/p", { json: {} })
  const patch = (objects: number) =>
    Object.fromEntries(Array.from({ length: objects }, (_, n) => [`m${n}`, { x: n }]))
  expect((await call("PATCH", "/papers/p", { json: patch(999) })).status).toBe(200)
  const refused = await call("PATCH", "/papers/p", { json: patch(1_000) })
  expect(refused.body).toMatchObject({ errors: [{ path: "body", code: "too_many" }] })
})
