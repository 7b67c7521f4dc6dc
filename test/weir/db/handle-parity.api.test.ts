import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { sql } from "drizzle-orm"
import { expect, test } from "vitest"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import { openLibsqlFile } from "../../../src/weir/db/drivers/libsql-file.ts"
import { openPostgresPool } from "../../../src/weir/db/drivers/postgres.ts"
import { type Db, handles } from "../../../src/weir/db/handle.ts"
import { createTables } from "../support/create-tables.ts"
import { emptyPostgres } from "../support/databases.ts"
import * as pg from "./schemas/pg-kinds.ts"
import * as sqlite from "./schemas/sqlite-kinds.ts"

const instant = new Date("2025-03-30T01:02:03.456Z")

test.runIf(dialectName === "postgres")("reads what Drizzle's own driver of Postgres reads", async () => {
  const { drizzle } = await import("drizzle-orm/postgres-js")
  const { default: connect } = await import("postgres")
  const url = await emptyPostgres()
  const database = openPostgresPool(url, { max: 2, statementTimeout: 10_000 })
  await createTables(database, pg)
  const ours = handles({ schema: pg })(() => database.connect()) as unknown as Db<typeof pg>
  const server = connect(url, { max: 1, onnotice: () => {}, connection: { TimeZone: "UTC" } })
  const theirs = drizzle(server, { schema: pg })
  const row = {
    parentId: 1,
    big: 3n,
    text: "ä",
    char: "a",
    mood: "calm" as const,
    smallint: -1,
    integer: 1,
    bigintNumber: 5,
    bigint: 9007199254740993n,
    numeric: "1.5",
    numericNumber: 1.5,
    numericBigint: 7n,
    real: 0.1,
    double: 1e21,
    boolean: true,
    instant,
    instantText: "2025-03-30 01:02:03.123456+02",
    timestamp: instant,
    timestampText: "2025-03-30T01:02:03.123456",
    date: "2025-03-30",
    dateDate: new Date("2025-03-30"),
    time: "01:02:03.5",
    interval: "P1Y2M3DT4H5M6.7S",
    json: { a: [1, "x"] },
    jsonb: ["x", { b: null }],
    bytea: Buffer.from([1, 255]),
    point: [1, 2] as [number, number],
    pointXy: { x: 1, y: 2 },
    line: [1, 2, 3] as [number, number, number],
    inet: "::1",
    bit: "00001",
    texts: ["a,b", '"', "{}", ""],
    grid: [["a"], ["b"]],
    moods: ["in a hurry" as const],
    integers: [1, 2],
    bigints: [9007199254740993n],
    numerics: ["1.50"],
    reals: [0.25],
    booleans: [true, false],
    instants: [instant],
    timestampTexts: ["2025-03-30 01:02:03.123456"],
    dates: ["2025-03-30"],
    jsonbs: [{ a: 1 }],
  }
  await ours.insert(pg.kinds).values(row)
  // What differs in how it is sent must not differ in what is kept.
  await theirs.insert(pg.kinds).values(row)
  const text = sql`select to_jsonb(k) - 'id' as all from kinds k order by id`
  const [mine, its] = await ours.execute(text)
  expect(mine).toEqual(its)

  expect(await ours.select().from(pg.kinds)).toEqual(await theirs.select().from(pg.kinds))
  const query = { with: { parent: true, children: true } } as const
  const found = await ours.query.kinds.findMany(query)
  expect(found).toEqual(await theirs.query.kinds.findMany(query))
  expect(found[0]?.children).toHaveLength(2)
  const own = sql`select k.*, json_build_array(1, 'x') as built, now() - now() as none, null as n, 1::oid as o,
    '2025-01-01'::date as d, '{1,2}'::int8[] as l from kinds k order by id`
  // The driver does not ask the server for its enums: an array of them is text here.
  const withoutEnums = (rows: Record<string, unknown>[]) => rows.map(({ moods: _, ...rest }) => rest)
  expect(withoutEnums(await ours.execute(own))).toEqual(withoutEnums([...(await theirs.execute(own))]))
  await server.end()
  await database.close()
})

test.runIf(dialectName === "sqlite")("reads what Drizzle's own driver of libSQL reads", async () => {
  const { drizzle } = await import("drizzle-orm/libsql")
  const folder = mkdtempSync(join(tmpdir(), "weir-parity-"))
  const url = `file:${join(folder, "it.db")}`
  const database = openLibsqlFile(url)
  await createTables(database, sqlite)
  const ours = handles({ schema: sqlite })(() => database.connect()) as unknown as Db<typeof sqlite>
  const theirs = drizzle(url, { schema: sqlite })
  const row = {
    parentId: 1,
    text: "ä",
    oneOf: "calm" as const,
    json: { a: [1, "x"] },
    integer: 5,
    boolean: true,
    no: false,
    seconds: instant,
    milliseconds: instant,
    real: 0.1,
    numeric: "1.5",
    numericNumber: 1.5,
    numericBigint: 7n,
  }
  const blobs = { buffer: Buffer.from([1, 255]), blobJson: { a: "ä" }, blobBigint: 9007199254740993n }
  await ours.insert(sqlite.kinds).values(row)
  await theirs.insert(sqlite.kinds).values(row)
  const columns = { buffer: false, blobJson: false, blobBigint: false } as const
  const query = { with: { parent: { columns }, children: { columns } } } as const
  const found = await ours.query.kinds.findMany(query)
  expect(found).toEqual(await theirs.query.kinds.findMany(query))
  expect(found[0]?.children).toHaveLength(2)
  await ours.insert(sqlite.kinds).values({ ...row, ...blobs })
  expect(await ours.select().from(sqlite.kinds)).toEqual(await theirs.select().from(sqlite.kinds))
  const { id: a, ...mine } = (await ours
    .insert(sqlite.kinds)
    .values({ ...row, ...blobs })
    .returning()
    .get()) as { id: number }
  const { id: b, ...its } = (await theirs
    .insert(sqlite.kinds)
    .values({ ...row, ...blobs })
    .returning()
    .get()) as { id: number }
  expect([mine, b - a]).toEqual([its, 1])
  const own = sql`select id, a_text, a_boolean, in_milliseconds, a_real, a_numeric from kinds order by id`
  expect(await ours.all(own)).toEqual(await theirs.all(own))
  expect(await ours.get(own)).toEqual(await theirs.get(own))
  expect(await ours.values(own)).toEqual(
    (await theirs.values(own)).map((one) => Array.from(one as unknown[])),
  )
  theirs.$client.close()
  await database.close()
  rmSync(folder, { recursive: true, force: true })
})
