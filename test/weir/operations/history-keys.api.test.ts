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
  const { column, keys } = kinds[name] as Kind
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
