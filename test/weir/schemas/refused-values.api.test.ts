// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import * as pg from "drizzle-orm/pg-core"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { fresh } from "#fresh"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import { classify } from "../../../src/weir/db/dialect/errors.ts"
import { anyone, defineApi, resourcesOf } from "../../../src/weir/index.ts"
import { isCidr, isInet, isMac, isMac8 } from "../../../src/weir/lib/network.ts"
import { callOver } from "../support/app-of.ts"
import type { Call } from "../support/client.ts"
import type { Fresh } from "../support/fresh.ts"

/** Values that Postgres alone refuses: each 422 names the column, and the row of an array. */

const ltree = pg.customType<{ data: string }>({ dataType: () => "odd_label" })
const things = pg.pgTable("odd_things", {
  id: pg.integer().primaryKey(),
  inet: pg.inet(),
  cidr: pg.cidr(),
  mac: pg.macaddr(),
  mac8: pg.macaddr8(),
  nets: pg.inet().array(),
  grid: pg.integer().array().array(),
  cube: pg.text().array().array().array(),
  bin: pg.jsonb(),
  bins: pg.jsonb().array(),
  real: pg.real(),
  reals: pg.real().array(),
  label: ltree(),
  size: pg.integer(),
})
const ddl = `create table odd_things (id integer primary key, inet inet, cidr cidr, mac macaddr, mac8 macaddr8, nets inet[],
  grid integer[][], cube text[][][], bin jsonb, bins jsonb[], "real" real, reals real[], label odd_label, size integer check (size < 10))`

let made: Fresh
let call: Call
const run = (texts: string[]) => made.database.connect().batch(texts.map((text) => ({ text, params: [] })))
const drops = ["drop table if exists odd_things", "drop domain if exists odd_label"]

describe.skipIf(dialectName !== "postgres")("on Postgres", () => {
  beforeAll(async () => {
    made = await fresh()
    await run([...drops, "create domain odd_label as text check (value ~ '^[a-z]+$')", ddl])
    const open = { read: anyone, create: anyone, update: anyone, delete: anyone } as const
    const schema = { things }
    const resources = resourcesOf(schema, { things: { ...open, fields: { label: { type: "opaque" } } } })
    const api = defineApi({ title: "Odd", version: "1", accounts: false, schema, resources })
    call = callOver(made.database, api)
    expect((await call("POST", "/things", { json: { id: 1 } })).status).toBe(201)
  })
  afterAll(async () => {
    await run(drops)
    await made.close?.()
  })

  const refused: [name: string, value: unknown, path?: string][] = [
    ["inet", "zz"],
    ["inet", "10.0.0.1/33"],
    ["inet", "10.0.0"],
    ["cidr", "10.0.0.1/8"],
    ["cidr", "2001:db8::1/32"],
    ["mac", "zz"],
    ["mac8", "zz"],
    ["nets", ["10.0.0.1", "zz"], "nets.1"],
    ["grid", [[1], [2, 3]], "grid.1"],
    ["grid", [[]], "grid.0"],
    [
      "cube",
      [
        [["a"], ["b"]],
        [["a"], ["b", "c"]],
      ],
      "cube.1.1",
    ],
    ["bin", "a\0"],
    ["bin", { a: [1, "\0"] }, "bin.a.1"],
    ["bins", [{ a: "\0" }], "bins.0.a"],
    ["real", 1e-46],
    ["real", 1e39],
    ["reals", [1, -1e-46], "reals.1"],
    ["label", "A1"],
  ]

  test.each(refused)("%s of %j is a 422 that names it", async (name, value, path = name) => {
    const one = await call("POST", "/things", { json: { id: 2, [name]: value } })
    expect([one.status, one.body]).toMatchObject([422, { errors: [{ path }] }])
    const rows = [{ id: 2 }, { id: 3, [name]: value }, { id: 4, size: 5 }]
    const many = await call("POST", "/things", { json: rows })
    expect([many.status, many.body]).toMatchObject([422, { errors: [{ path: `1.${path}` }] }])
    const changed = await call("PATCH", "/things/1", { json: { size: 5, [name]: value } })
    expect([changed.status, changed.body]).toMatchObject([422, { errors: [{ path }] }])
    expect((await call("GET", "/things")).body).toHaveLength(1)
  })

  test.each([
    ["inet", "zz"],
    ["inet[ne]", "zz"],
    ["inet[in]", "10.0.0.1,zz"],
    ["mac", "zz"],
    ["mac8[nin]", "zz"],
    ["cidr", "10.0.0.1/8"],
    ["nets[contains]", "zz"],
  ])("a filter of %s=%s is a 422 that names it", async (name, value) => {
    const { status, body } = await call("GET", `/things?${name}=${encodeURIComponent(value)}`)
    expect([status, body]).toMatchObject([422, { errors: [{ path: name }] }])
  })

  test("what is right in itself is taken", async () => {
    const json = {
      id: 9,
      inet: "2001:db8::1/64",
      cidr: "10",
      mac: "08002b:010203",
      nets: [],
      grid: [
        [1, null],
        [2, 3],
      ],
      cube: [],
      bin: { a: "\\u0000" },
      real: 1e-45,
      label: "abc",
    }
    const { status, body, text } = await call("POST", "/things", { json })
    expect(status, text).toBe(201)
    expect(body).toMatchObject({ ...json, cidr: "10.0.0.0/8", mac: "08:00:2b:01:02:03", real: 1e-45 })
    await call("DELETE", "/things/9")
  })

  const texts = [
    ..."zz,,0,10,10.1,10.1.2,10.1.2.3,010.1.2.3,10.1.2.3.4,10.1.2.256,10.,10.1.2.3/,10/8,10/16,10.1/24,10.1/8,10.0/8,10.1/16".split(
      ",",
    ),
    ..."10.1.2.3/32,10.1.2.3/33,10.1.2.0/24,10.1.2.1/24,10.1.2.128/25,::,::1,::1/128,::1/129,1:2:3:4:5:6:7:8".split(
      ",",
    ),
    ..."1:2:3:4:5:6:7:8:9,1:2::8::9,::ffff:1.2.3.4,::1.2.3.4/128,2001:db8::/32,2001:db8::1/32,fe80::1%eth0".split(
      ",",
    ),
    ..."2001:db8:8000::/33,2001:db8:4000::/33,g::1,12345::1,:1,1:".split(","),
    ..."08:00:2b:01:02:03,8:0:2b:1:2:3,08-00-2b-01-02-03,08-00:2b-01-02-03,08002b:010203,08002b-010203".split(
      ",",
    ),
    ..."0800.2b01.0203,0800-2b01-0203,0800:2b01:0203,08002b010203,08002B010203,08002b01020".split(","),
    ..."08:00:2b:01:02:03:04:05,08-00-2b-01-02-03-04-05,08002b:0102030405,08002b-0102030405,0800.2b01.0203.0405".split(
      ",",
    ),
    ..."0800-2b01-0203-0405,08002b01:02030405,08002b0102030405,08:00:2b:01:02:03:04,08002b010203040".split(
      ",",
    ),
  ]
  test.each([
    ["inet", isInet],
    ["cidr", isCidr],
    ["macaddr", isMac],
    ["macaddr8", isMac8],
  ])("what is refused as %s, Postgres refuses, and the reverse", async (type, isRight) => {
    const client = made.database.connect()
    const wrong: string[] = []
    for (const text of texts) {
      const statement = { text: `select $1::text::${type}`, params: [text] }
      const isTaken = await client.query(statement).then(
        () => true,
        (error) => {
          expect(classify(error)?.kind).toBe("invalid")
          return false
        },
      )
      if (isTaken !== isRight(text)) wrong.push(`${text}: ${isTaken}`)
    }
    expect(wrong).toEqual([])
  })
})
