// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { fresh } from "#fresh"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import { ColumnTrial } from "../support/column-trial.ts"
import { postgresSetUp, postgresTrials } from "../support/column-trials-postgres.ts"
import { sqliteTrials } from "../support/column-trials-sqlite.ts"
import type { Fresh } from "../support/fresh.ts"

const trials = dialectName === "postgres" ? postgresTrials : sqliteTrials

/** A column of every type: what is written is read back, found, sorted and paged by, whatever the session's settings. */
let w: Fresh
beforeAll(async () => {
  w = await fresh()
  if (w.database.dialect === "postgres")
    await w.database.connect().batch(postgresSetUp.map((text) => ({ text, params: [] })))
})
afterAll(async () => {
  const drop = ["drop table if exists column_trial"]
  if (w.database.dialect === "postgres") drop.push(`drop schema "Odd schema" cascade`)
  await w.database.connect().batch(drop.map((text) => ({ text, params: [] })))
  await w.close()
})

describe.each(Object.keys(trials))("a column of %s", (name) => {
  let column: ColumnTrial
  beforeAll(async () => {
    const trial = trials[name]
    if (!trial) throw new Error(name)
    column = new ColumnTrial(w.database, trial)
    await column.open()
  })

  test("holds what is written", () => column.written())
  test("finds its values, and those beyond", () => column.compared())
  test("goes on from a cursor", () => column.positioned())
  test("takes many rows at once", () => column.bulk())
})

test("is tried with each type that there is", () => {
  expect(Object.keys(trials).length).toBeGreaterThan(15)
})
