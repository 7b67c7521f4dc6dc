// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { fresh } from "#fresh"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import { resource } from "../../../src/weir/resource/define.ts"
import { anyone } from "../../../src/weir/resource/rules.ts"
import { appOf } from "../support/app-of.ts"
import type { Call } from "../support/client.ts"
import { ColumnTrial } from "../support/column-trial.ts"
import { postgresSetUp, postgresTrials } from "../support/column-trials-postgres.ts"
import { sqliteTrials } from "../support/column-trials-sqlite.ts"
import type { Fresh } from "../support/fresh.ts"
import type { World } from "../support/world.ts"

const trials = dialectName === "postgres" ? postgresTrials : sqliteTrials

/** A column of every type: what is written is read back, found, sorted and paged by, whatever the session's settings. */
let w: Fresh
beforeAll(async () => {
  w = await fresh()
  if (w.database.dialect === "postgres")
    await w.database.connect().batch(postgresSetUp.map((text) => ({ text, params: [] })))
})
afterAll(async () => {
  if (w.database.dialect === "postgres")
    await w.database.connect().batch([{ text: `drop schema "Odd schema" cascade`, params: [] }])
  await w.close()
})

/** Holds every answer against the document; not inside workerd, where Ajv cannot compile a schema. */
async function witnessing(call: Call, driver: Fresh["driver"]): Promise<Call> {
  if (driver.startsWith("workerd")) return call
  const { conformance } = await import("../support/openapi.ts")
  const witness = conformance((await call("GET", "/openapi.json")).text)
  return async (method, path, options) => {
    const answer = await call(method, path, options)
    witness(method, path, answer)
    return answer
  }
}

describe.each(Object.keys(trials))("a column of %s", (name) => {
  let column: ColumnTrial
  let call: Call
  beforeAll(async () => {
    const trial = trials[name]
    if (!trial) throw new Error(name)
    column = new ColumnTrial(w.database, trial)
    await column.open()
    const rules = { read: anyone, create: anyone, update: anyone, delete: anyone }
    call = await witnessing(appOf(w as World, resource(trial.table, rules)), w.driver)
  })
  afterAll(() => column.close())

  test("holds what is written", () => column.written())
  test("finds its values, and those beyond", () => column.compared())
  test("goes on from a cursor", () => column.positioned())
  test("is read, paged through and written over HTTP", () => column.served(call))
  test("has an example that is one of its values", () => column.exemplified())
  test("is filtered by over HTTP", () => column.filtered(call))
  test("takes many rows at once", () => column.bulk())
})

test("is tried with each type that there is", () => {
  expect(Object.keys(trials).length).toBeGreaterThan(15)
})
