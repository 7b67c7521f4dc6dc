// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import * as pg from "drizzle-orm/pg-core"
import * as lite from "drizzle-orm/sqlite-core"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { MemoryStore } from "../../../src/weir/cache/memory.ts"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import { resource } from "../../../src/weir/resource/define.ts"
import { anyone } from "../../../src/weir/resource/rules.ts"
import { appOf } from "../support/app-of.ts"
import { createTables } from "../support/create-tables.ts"
import { cacheOver } from "../support/fresh.ts"
import { type World, world } from "../support/world.ts"

/** A key may be written in several ways: an answer that is kept under one is outdated by a write under another. */

interface Kind {
  column: () => unknown
  key: string | number
  spelled: string
}

const onPostgres: Record<string, Kind> = {
  inet: { column: () => pg.inet(), key: "10.0.0.1", spelled: "10.0.0.1/32" },
  macaddr: { column: () => pg.macaddr(), key: "08:00:2b:01:02:03", spelled: "08-00-2B-01-02-03" },
  numeric: { column: () => pg.numeric(), key: "1.0", spelled: "1" },
  bpchar: { column: () => pg.char({ length: 5 }), key: "ab", spelled: "ab   " },
  uuid: {
    column: () => pg.uuid(),
    key: "0d0cb0ab-1111-4111-8111-0123456789ab",
    spelled: "0D0CB0AB-1111-4111-8111-0123456789AB",
  },
  instant: {
    column: () => pg.timestamp({ withTimezone: true, mode: "string" }),
    key: "2026-01-31T12:00:00.5Z",
    spelled: "2026-01-31T13:00:00.500000+01:00",
  },
  double: { column: () => pg.doublePrecision(), key: 1.5, spelled: "1.50" },
}
const onSqlite: Record<string, Kind> = {
  numeric: { column: () => lite.numeric(), key: "1.5", spelled: "1.50" },
  real: { column: () => lite.real(), key: 1.5, spelled: "1.50" },
  instant: {
    column: () => lite.integer({ mode: "timestamp_ms" }),
    key: "2026-01-31T12:00:00.500Z",
    spelled: "2026-01-31T13:00:00.500000+01:00",
  },
  bytes: { column: () => lite.blob({ mode: "buffer" }), key: "_w==", spelled: "/w" },
}
const isPostgres = dialectName === "postgres"
const kinds = isPostgres ? onPostgres : onSqlite

let w: World
beforeEach(async () => {
  w = await world({ cache: cacheOver(new MemoryStore(8_388_608, undefined)) })
})
afterEach(() => w.close())

describe.each(Object.keys(kinds))("a key of %s", (name) => {
  const { column, key, spelled } = kinds[name] as Kind
  const columns = (v: unknown) => ({ k: (column() as { primaryKey(): unknown }).primaryKey(), v }) as never
  const table = (
    isPostgres
      ? pg.pgTable(`spelled_${name}`, columns(pg.integer()))
      : lite.sqliteTable(`spelled_${name}`, columns(lite.integer()))
  ) as never
  beforeEach(() => createTables(w.database, { table }))
  afterEach(() =>
    w.database
      .connect()
      .batch([{ text: `drop table spelled_${name}`, params: [] }])
      .then(() => {}),
  )

  test.each([true, false])("outdates what is kept under another spelling of it: %s", async (isOther) => {
    const open = { read: anyone, create: anyone, update: anyone, delete: anyone }
    const call = appOf(w, resource(table, open as never))
    const paths = [String(key), spelled].map((one) => `/spelled_${name}/${encodeURIComponent(one)}`)
    const [read, write] = (isOther ? paths.toReversed() : paths) as [string, string]
    const made = await call("POST", `/spelled_${name}`, { json: { k: key, v: 0 } })
    expect([made.status, made.text]).toEqual([201, made.text])
    const shown = async (path: string) => ((await call("GET", path)).body as { v?: number }).v
    expect([await shown(read), await shown(read)]).toEqual([0, 0])
    expect((await call("PATCH", write, { json: { v: 1 } })).status).toBe(200)
    expect(await shown(read)).toBe(1)
    const patched = await call("PATCH", `/spelled_${name}?v=1`, { json: { v: 2 } })
    if (patched.status === 200) expect(await shown(read)).toBe(2)
    expect((await call("DELETE", write)).status).toBe(204)
    expect((await call("GET", read)).status).toBe(404)
  })
})
