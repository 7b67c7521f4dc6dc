// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import * as pg from "drizzle-orm/pg-core"
import * as lite from "drizzle-orm/sqlite-core"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import { resource } from "../../../src/weir/resource/define.ts"
import { anyone } from "../../../src/weir/resource/rules.ts"
import { rowHistory } from "../../../src/weir/schema.ts"
import { appOf } from "../support/app-of.ts"
import type { Call } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { type World, world } from "../support/world.ts"

/** Rows are found by their keys, whatever these are: by the versions of their changes, and by filters. */

/** A key's column, and keys as JSON has them. */
interface Kind {
  column: () => unknown
  keys: (string | number)[]
  /** Keys as they may be written as well. */
  spelled?: Record<string, string>
}

const onPostgres: Record<string, Kind> = {
  days: { column: () => pg.date(), keys: ["-000043-03-15", "0000-02-29", "2026-01-31", "+012345-01-01"] },
  instants: {
    column: () => pg.timestamp({ withTimezone: true, precision: 3, mode: "string" }),
    keys: ["-000043-03-15T10:20:30.400Z", "0001-01-01T00:00:00.000Z", "+012345-01-01T00:00:00.000Z"],
  },
  moments: {
    column: () => pg.timestamp({ precision: 0, mode: "string" }),
    keys: ["-000043-03-15T10:20:30", "2026-01-31T10:20:30", "+012345-01-01T00:00:00"],
  },
  bytes: {
    column: () => pg.customType<{ data: string }>({ dataType: () => "bytea" })(),
    keys: ["AA==", "/w==", "YmF0Y2g="],
  },
  addresses: {
    column: () => pg.inet(),
    keys: ["10.0.0.1", "10.0.0.0/8", "::1"],
    spelled: { "10.0.0.1": "10.0.0.1/32", "::1": "0:0::1" },
  },
  networks: { column: () => pg.cidr(), keys: ["10.0.0.0/8", "10.0.0.1/32"] },
  macs: {
    column: () => pg.macaddr(),
    keys: ["08:00:2b:01:02:03"],
    spelled: { "08:00:2b:01:02:03": "08-00-2B-01-02-03" },
  },
  decimals: {
    column: () => pg.numeric(),
    keys: ["1.0", "-2", "0.500"],
    spelled: { "1.0": "1", "0.500": "0.5", "-2": "-2.00" },
  },
  floats: { column: () => pg.doublePrecision(), keys: [1.5, 1e21], spelled: { "1.5": "1.50" } },
  padded: { column: () => pg.char({ length: 5 }), keys: ["ab", "abcde"], spelled: { ab: "ab   " } },
  ids: {
    column: () => pg.uuid(),
    keys: ["0d0cb0ab-1111-4111-8111-0123456789ab"],
    spelled: { "0d0cb0ab-1111-4111-8111-0123456789ab": "0D0CB0AB-1111-4111-8111-0123456789AB" },
  },
}
const onSqlite: Record<string, Kind> = {
  bytes: { column: () => lite.blob({ mode: "buffer" }), keys: ["AA==", "/w==", "YmF0Y2g="] },
  sums: {
    column: () => lite.numeric(),
    keys: ["-1.5", "12", "10000000000000000000", "300000000000000000000"],
  },
  wholes: { column: () => lite.blob({ mode: "bigint" }), keys: ["-5", "9007199254740993"] },
}
const isPostgres = dialectName === "postgres"
const kinds = isPostgres ? onPostgres : onSqlite

let w: World
beforeEach(async () => {
  w = await world()
})
afterEach(() => w.close())

describe.each(Object.keys(kinds))("keys that are %s", (name) => {
  const { column, keys, spelled = {} } = kinds[name] as Kind
  const columns = (k: unknown, v: unknown) => ({ k, v }) as never
  const key = (column() as { primaryKey(): unknown }).primaryKey()
  const table = (
    isPostgres
      ? pg.pgTable(`history_${name}`, columns(key, pg.integer()))
      : lite.sqliteTable(`history_${name}`, columns(key, lite.integer()))
  ) as never

  beforeEach(() => createTables(w.database, { rowHistory, table }))
  afterEach(async () => {
    const names = ["weir_row_history", `history_${name}`]
    await w.database.connect().batch(names.map((one) => ({ text: `drop table ${one}`, params: [] })))
  })
  const app = (history: boolean): Call => {
    const open = { read: anyone, create: anyone, update: anyone, delete: anyone }
    const options = { ...open, bulk: true, replace: true, upsert: ["k"], history }
    return appOf(w, resource(table, options as never))
  }
  /** Versions have no bytes. */
  const shown = (k: string | number, v: number) => (name === "bytes" ? { v } : { k, v })
  const path = `/history_${name}`
  const one = (k: string | number) => `${path}/${encodeURIComponent(k)}`
  const where = (k: string | number) => `${path}?k=${encodeURIComponent(k)}`

  test.each([true, false])("filters find them, with history: %s", async (history) => {
    const call = app(history)
    const made = await call("POST", path, { json: keys.map((k) => ({ k, v: 0 })) })
    expect(made.status, made.text).toBe(201)
    for (const k of keys) {
      const changed = await call("PATCH", where(k), { json: { v: 1 } })
      expect([changed.status, changed.body], `${k}: ${changed.text}`).toEqual([200, { count: 1 }])
      expect((await call("GET", one(k))).body).toEqual({ k, v: 1 })
      const gone = await call("DELETE", where(k))
      expect([gone.status, gone.body], `${k}: ${gone.text}`).toEqual([200, { count: 1 }])
    }
    expect((await call("GET", path)).body).toEqual([])
  })

  test("each change leaves a version with its row", async () => {
    const call = app(true)
    for (const [i, k] of keys.entries()) {
      const send = async (method: string, to: string, json?: unknown, headers?: Record<string, string>) => {
        const answer = await call(method, to, { ...(json ? { json } : {}), ...(headers ? { headers } : {}) })
        expect(answer.status, `${method} ${to}: ${answer.text}`).toBeLessThan(300)
      }
      await send("POST", path, { k, v: 1 }, { "idempotency-key": `make-${i}` })
      await send("PATCH", one(k), { v: 2 })
      await send("PUT", one(k), { v: 3 })
      await send("POST", `${path}?on_conflict=k`, { k, v: 4 })
      await send("PATCH", path, [{ k, v: 5 }])
      await send("PATCH", where(k), { v: 6 })
      await send("POST", "/batch", { operations: [{ method: "PATCH", path: one(k), body: { v: 7 } }] })
      await send("PATCH", one(k), { v: 8 }, { "idempotency-key": `change-${i}` })
      await send("DELETE", one(k))
      await send("POST", `${path}?on_conflict=k`, [{ k, v: 10 }])
      const list = await call("GET", `${one(k)}/history`, { token: w.root.token })
      const same = await call("GET", `${one(spelled[k] ?? k)}/history`)
      expect([k, (same.body as unknown[]).length]).toEqual([k, 1])
      expect((await call("GET", one(spelled[k] ?? k))).body).toEqual({ k, v: 10 })
      const rows = (list.body as { row: unknown; version: number }[]).reverse()
      const expected = [1, 2, 3, 4, 5, 6, 7, 8, null, 10].map((v) => (v === null ? null : shown(k, v)))
      expect(
        rows.map(({ row }) => row),
        `${k}`,
      ).toEqual(expected)
    }
  })

  test("a row that was there before has its first state", async () => {
    expect((await app(false)("POST", path, { json: keys.map((k) => ({ k, v: 0 })) })).status).toBe(201)
    const call = app(true)
    for (const k of keys) {
      expect((await call("PATCH", one(k), { json: { v: 1 } })).status, `${k}`).toBe(200)
      const list = (await call("GET", `${one(k)}/history`)).body as { verb: string; row: unknown }[]
      expect(list.map(({ verb, row }) => [verb, row])).toEqual([
        ["update", shown(k, 1)],
        ["initial", shown(k, 0)],
      ])
    }
  })
})
