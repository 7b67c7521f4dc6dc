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
const index = "users_username_caseless_unique"
const caseless: Migration = {
  tag: "0001_caseless_usernames",
  stamp: Date.UTC(2100, 0),
  hash: "0",
  statements: [`CREATE UNIQUE INDEX "${index}" ON "users" (lower("username"));`],
  down: { statements: [`DROP INDEX "${index}";`], losses: [] },
}
beforeEach(async () => {
  w = await world()
  // As a database before that migration has it: the ledger's line alone is missing here.
  const before = readMigrations(`${fileURLToPath(fixture.migrations)}/${w.database.dialect}`)
  migrations = [...before, caseless]
  await step(w.database, { ...caseless, statements: [] }, "up")
})
afterEach(() => w.close())

test("user names that collide keep a database as it was, and are named", async () => {
  await step(w.database, caseless, "down")
  await execute(w, "update users set username = 'ANN' where id = 2")
  const before = await tablesOf(w)
  await expect(migrate(w.database, migrations)).rejects.toThrow(
    /^0001_caseless_usernames failed, and nothing was changed: rows of \S+ collide in lower\("username"\): "ann" \(2 rows\)\. Change all but one of each, and migrate again$/,
  )
  expect(await tablesOf(w)).toEqual(before)
  const pending = (await migrationStatus(w.database, migrations)).migrations.filter(isPending)
  expect(pending.map(({ migration }) => migration.tag)).toEqual([caseless.tag])
  await execute(w, "update users set username = 'bob' where id = 2")
  expect(await migrate(w.database, migrations)).toEqual([caseless.tag])
  await step(w.database, { ...caseless, down: { statements: [], losses: [] } }, "down")
})
