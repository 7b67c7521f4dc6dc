import "#fresh"
import { sql } from "drizzle-orm"
import { describe, expect, test } from "vitest"
import { anyone, through, where } from "../../../src/weir/index.ts"
import { type Row, rowsOf } from "../support/samples.ts"
import { schemaNamed } from "./support/schemas.ts"
import { serving } from "./support/served.ts"

/** A table with a nullable time, and one whose rows refer to it. */
const trials = [
  {
    name: "pg-saas",
    table: "people",
    key: 1,
    column: "deletedAt",
    stored: "deleted_at",
    others: "seats",
    path: "person",
    form: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/,
  },
  {
    name: "sqlite-builder",
    table: "plays",
    key: 1,
    column: "rightsUntil",
    stored: "rights_until",
    others: "stagings",
    path: "play",
    form: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
  },
]

describe.each(trials)("$name: $table", ({ name, table, key, column, stored, others, path, form }) => {
  const schema = schemaNamed(name)
  if (!schema) return test.skip("is of the other dialect", () => {})
  const served = serving(schema, {
    [table]: { softDelete: column, restore: anyone },
    [others]: { read: through(path, where("id", "gte", 1)) },
  })
  const ids = async (request: string) => rowsOf(await served().call("GET", request)).map(({ id }) => id)
  const status = async (method: string, request: string) => (await served().call(method, request)).status

  test("rows with a time are hidden, and a delete sets one of now", async () => {
    const facts = schema.tables.find((one) => one.name === table)
    if (!facts) throw new Error(`there is no table ${table}`)
    const present = async () => {
      const rows = (await served().secretRows(facts)) as Row[]
      return rows.filter((row) => row[column] === null).map(({ id }) => id)
    }
    await served().db.run(sql.raw(`update ${table} set ${stored} = null where id = ${key}`))
    const before = await present()
    expect(before.length).toBeGreaterThan(1)
    expect((await ids(`/${table}?limit=1000`)).sort()).toEqual(before.sort())
    const referring = await ids(`/${others}?limit=1000&${path}.id=${key}`)
    expect(referring.length).toBeGreaterThan(0)
    expect(await ids(`/${others}?limit=1000`)).toEqual(expect.arrayContaining(referring))

    expect(await status("DELETE", `/${table}/${key}`)).toBe(204)
    const row = ((await served().secretRows(facts)) as Row[]).find(({ id }) => id === key)
    expect(row?.[column]).toMatch(form)
    expect(Math.abs(Date.parse(String(row?.[column])) - Date.now())).toBeLessThan(600_000)
    expect(await status("GET", `/${table}/${key}`)).toBe(404)
    expect((await ids(`/${table}?limit=1000`)).sort()).toEqual((await present()).sort())
    const left = await ids(`/${others}?limit=1000`)
    for (const id of referring) expect(left).not.toContain(id)

    const restored = await served().call("POST", `/${table}/${key}/restore`)
    expect([restored.status, restored.body]).toEqual([
      200,
      expect.objectContaining({ id: key, [column]: null }),
    ])
    expect(await ids(`/${others}?limit=1000`)).toEqual(expect.arrayContaining(referring))
  })
})
