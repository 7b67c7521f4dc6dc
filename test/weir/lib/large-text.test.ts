import { expect, test } from "vitest"
import { encodeLarge } from "../../../src/weir/lib/large-text.ts"

test.each([
  ["ASCII", "a".repeat(3_000_000)],
  ["two bytes", `x${"é".repeat(1_500_000)}`],
  ["surrogate pairs on the ends of pieces", `x${"😀".repeat(800_000)}`],
  ["nothing", ""],
])("%s: the bytes are those of the text", async (_, text) => {
  const { bytes, hash } = await encodeLarge(text, "link: <a>\n")
  expect(Buffer.compare(bytes, Buffer.from(text))).toBe(0)
  expect(hash).toMatch(/^[0-9a-f]{16}$/)
  expect((await encodeLarge(text, "link: <a>\n")).hash).toBe(hash)
  expect((await encodeLarge(text, "link: <b>\n")).hash).not.toBe(hash)
  expect((await encodeLarge(`${text}b`, "link: <a>\n")).hash).not.toBe(hash)
})

test("texts that are encoded at the same time do not mix, and the event loop goes on", async () => {
  const texts = Array.from({ length: 5 }, (_, i) => `${i}${"ab".repeat(1_000_000)}`)
  const alone: string[] = []
  for (const text of texts) alone.push((await encodeLarge(text, "")).hash)
  expect(new Set(alone).size).toBe(5)
  let turns = 0
  let ended = false
  const turn = () => {
    turns += 1
    if (!ended) setImmediate(turn)
  }
  setImmediate(turn)
  const together = await Promise.all(texts.map((text) => encodeLarge(text, "")))
  ended = true
  expect(together.map(({ hash }) => hash)).toEqual(alone)
  expect(turns).toBeGreaterThan(5)
})
