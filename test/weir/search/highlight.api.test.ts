// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type Ask, type Library, library, searched } from "./support.ts"

let l: Library
let ask: Ask
beforeAll(async () => {
  l = await library({ ...searched, search: ["title", "body", "meta.note.text"] })
  ask = l.ask()
})
afterAll(() => l.close())

const marks = async (search: string, more = "") => {
  const { body } = await ask(
    "anonymous",
    `/papers?highlight=true&sort=id&q=${encodeURIComponent(search)}${more}`,
  )
  return (body as { _highlight: object }[]).map(({ _highlight }) => _highlight)
}

test("marks words, phrases and prefixes in the fields that have them, and escapes the rest", async () => {
  await l.add([
    { title: 'Oak <b>Lámp</b> & "lamp\'s"', body: "an oak  table, lighted" },
    { title: "desk", body: "nothing" },
  ])
  expect(await marks("lamp")).toEqual([
    { title: "Oak &lt;b&gt;<mark>Lámp</mark>&lt;/b&gt; &amp; &quot;<mark>lamp</mark>&#39;s&quot;" },
  ])
  expect(await marks('"oak table" ligh* lamp -desk')).toMatchObject([
    { body: "an <mark>oak  table</mark>, <mark>lighted</mark>" },
  ])
  expect(await marks("lamp", "&fields=body")).toEqual([{}])
  expect(await marks("lamp", "&fields=title,body&limit=1")).toHaveLength(1)
})

test("shows a passage of a long text", async () => {
  await l.add([{ title: "long", body: `${"before it. ".repeat(100)}Zebra ${"after it. ".repeat(100)}` }])
  const [{ body = "" } = {}] = (await marks("zebra")) as { body?: string }[]
  expect(body).toMatch(/^…\w.*<mark>Zebra<\/mark> after.*\w…$/s)
  expect(body.length).toBeLessThan(330)
})

test("finds texts in JSON, by its path", async () => {
  const [key] = await l.add([{ title: "json", meta: { note: { text: "a kestrel", other: "osprey" } } }])
  await l.add([
    { title: "json", meta: { note: { text: 5 } } },
    { title: "json", meta: [1, 1.5] },
  ])
  expect(await marks("kestrel")).toEqual([{ "meta.note.text": "a <mark>kestrel</mark>" }])
  expect(await marks("osprey")).toEqual([])
  expect(await marks("5")).toEqual([])
  const answer = await ask("anonymous", "/papers?q=json&highlight=true&sort=id")
  expect(answer.text).toContain('"_highlight":{"title":"<mark>json</mark>"}')
  await ask("root", `/papers/${key}`, { meta: { note: { text: "a falcon" } } }, "PATCH")
  expect(await marks("kestrel")).toEqual([])
  expect(await marks("falcon json")).toHaveLength(1)
})

test("does not touch rows without a search for it", async () => {
  const { text } = await ask("anonymous", "/papers?q=lamp&highlight=false")
  expect(text).not.toContain("_highlight")
})
