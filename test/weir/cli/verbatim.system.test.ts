import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { ask, number, refused, worked } from "../support/ask.ts"
import { databases, type Kind, type Project, prepared, project } from "../support/project.ts"

/** What is exported is imported byte for byte, and a file that is not UTF-8 not at all. */
const at: Project = project()
at.edit("src/schema/items.ts", "id, real,", "id, json, real,")
at.edit("src/schema/items.ts", "  ...timestamps(),", "  data: json(),\n  ...timestamps(),")

const withUsers = prepared(async (url) => {
  worked(await at.db(url, "migrate"))
  worked(await at.db(url, "seed", "--users", "2", "--items", "0"))
})
async function withColumn(kind: Kind): Promise<string> {
  const url = await withUsers(kind)
  await ask(url, `alter table items add column data ${kind === "Postgres" ? "json" : "text"}`)
  return url
}

const values = [
  "12345678901234567890",
  "1.0",
  "1E+2",
  "-0",
  '{"__proto__":1,"":2.50,"a":1,"a":2,"10":0,"9":0}',
  '["\\u00e9","\\/","\\ud83d\\ude00"," \\"a\\", b "]',
  "[[],{},null,true]",
  '"plain"',
]
const record = (data: string, i = 0) => `{"title":"${i}","price":1,"owner_id":1,"data":${data}}\n`
const dataIn = (text: string) =>
  text
    .trim()
    .split("\n")
    .map((line) => /"data":(.*),"created_at"/.exec(line)?.[1])

test.each(Object.keys(databases) as Kind[])("%s: JSON goes out and in as it is", async (kind) => {
  const url = await withColumn(kind)
  const source = join(at.folder, "values.ndjson")
  at.write(
    "values.ndjson",
    values.map(record).join("") + record(' { "spaced" : [ 1.0 , 2 ] } ', values.length),
  )
  worked(await at.db(url, "import", "items", source))
  const all = "select cast(data as text), title from items order by id"
  const rows = await ask(url, all)
  expect(rows.map(([data]) => data)).toEqual([...values, '{"spaced":[1.0,2]}'])
  for (const name of ["verbatim.csv", "verbatim.ndjson"]) {
    const path = join(at.folder, name)
    worked(await at.db(url, "export", "items", "--out", path))
    if (name.endsWith("ndjson"))
      expect(dataIn(readFileSync(path, "utf8"))).toEqual([...values, '{"spaced":[1.0,2]}'])
    await ask(url, "delete from items")
    worked(await at.db(url, "import", "items", path))
    expect(await ask(url, all)).toEqual(rows)
  }
})

test("JSON that cannot be read back is rejected at its place, as it stands in the file", async () => {
  const url = await withColumn("libSQL file")
  const deep = "[".repeat(5_000) + "]".repeat(5_000)
  const bad = ['{"a":[1e400]}', '["\\ud800"]', deep, '{"n":12345678901234567890,"a":"\\udc00"}']
  at.write("bad.ndjson", [...bad, "1.0"].map(record).join(""))
  const source = join(at.folder, "bad.ndjson")
  expect((await at.db(url, "import", "items", source)).stdout).toContain("1 of 5 records")
  const rejects = readFileSync(`${source}.rejects.ndjson`, "utf8").trim().split("\n")
  expect(rejects.map((line) => (JSON.parse(line) as { reason: string }).reason)).toEqual([
    "data.a.0: is out of range",
    "data.0: must not hold broken Unicode",
    "data: nests deeper than 199 levels",
    "data.a: must not hold broken Unicode",
  ])
  for (const [i, line] of rejects.entries()) expect(line).toContain(`"data":${bad[i]}}}`)
})

test("a file that is not UTF-8 is refused before its first row, with the line", async () => {
  const url = await withColumn("libSQL file")
  const good = Buffer.from(Array.from({ length: 30_000 }, (_, i) => record("1", i)).join(""))
  for (const [name, wrong] of [
    ["e9", [0xe9]],
    ["surrogate", [0xed, 0xa0, 0x80]],
    ["overlong", [0xc0, 0xaf]],
    ["cut", [0xf0, 0x9f, 0x98]],
  ] as const) {
    const bad = Buffer.concat([Buffer.from('{"title":"x'), Buffer.from(wrong), Buffer.from('"}\n')])
    const path = join(at.folder, `${name}.ndjson`)
    const byte = wrong[0].toString(16).toUpperCase()
    writeFileSync(path, Buffer.concat([good, bad, good]))
    expect(refused(await at.db(url, "import", "items", path))).toContain(
      `${name}.ndjson is not UTF-8: line 30001 has the byte ${byte}`,
    )
    writeFileSync(path, Buffer.concat([good, Buffer.from(wrong)]))
    expect(refused(await at.db(url, "import", "items", path))).toContain("line 30001")
  }
  expect(await number(url, "select count(*) from items")).toBe(0)
  // A character of four bytes on the edge of every chunk is none of them.
  const csv = `title,price,owner_id\n${"😀".repeat(150)},1,1\n`
  const line = `${"é€😀".repeat(20)},1,1\n`
  const text = csv + line.repeat(Math.ceil(3_500_000 / Buffer.byteLength(line)))
  at.write("wide.csv", text)
  expect(worked(await at.db(url, "import", "items", join(at.folder, "wide.csv")))).toContain("records of")
})
