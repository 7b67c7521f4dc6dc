// First: it chooses the dialect, before anything loads a table.
import "#fresh"
import { fileURLToPath } from "node:url"
import { afterEach, beforeEach, expect, test } from "vitest"
import { migrate, migrationStatus, step } from "../../../src/weir/db/migrations/apply.ts"
import { type Migration, readMigrations } from "../../../src/weir/db/migrations/files.ts"
import { isPending } from "../../../src/weir/db/migrations/ledger.ts"
import { fixture } from "../support/fresh.ts"
import { execute, tablesOf } from "../support/scenarios.ts"
import { type World, world } from "../support/world.ts"

let w: World
let migrations: Migration[]
beforeEach(async () => {
  w = await world()
  migrations = readMigrations(`${fileURLToPath(fixture.migrations)}/${w.database.dialect}`)
})
afterEach(() => w.close())

test("user names that collide keep a database as it was, and are named", async () => {
  const caseless = migrations.find(({ tag }) => tag.endsWith("caseless_usernames")) as Migration
  await step(w.database, caseless, "down")
  await execute(w, "update users set username = 'ANN' where id = 2")
  const before = await tablesOf(w)
  await expect(migrate(w.database, migrations)).rejects.toThrow(
    /^\d+_caseless_usernames failed, and nothing was changed: rows of \S+ collide in lower\("username"\): "ann" \(2 rows\)\. Change all but one of each, and migrate again$/,
  )
  expect(await tablesOf(w)).toEqual(before)
  const pending = (await migrationStatus(w.database, migrations)).migrations.filter(isPending)
  expect(pending.map(({ migration }) => migration.tag)).toEqual([caseless.tag])
  await execute(w, "update users set username = 'bob' where id = 2")
  expect(await migrate(w.database, migrations)).toEqual([caseless.tag])
})
