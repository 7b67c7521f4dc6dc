import { expect, test } from "vitest"
import { repairPostgres } from "../../../src/weir/cli/generate/repair.ts"
import type { Snapshot } from "../../../src/weir/cli/generate/snapshot.ts"

/** A snapshot of one table with one column. */
const snapshot = (type: string, initial?: unknown): Snapshot =>
  ({
    tables: {
      "public.items": {
        name: "items",
        columns: {
          stars: {
            name: "stars",
            type,
            notNull: true,
            ...(initial === undefined ? {} : { default: initial }),
          },
        },
        indexes: {},
        foreignKeys: {},
        uniqueConstraints: {},
        checkConstraints: {},
      },
    },
  }) as unknown as Snapshot
const alter = 'ALTER TABLE "items" ALTER COLUMN "stars"'

test("a change of type on Postgres takes the old default away first, and puts the new one back", () => {
  const statements = [`${alter} SET DATA TYPE bigint;`, `${alter} SET DEFAULT 3;`]
  expect(repairPostgres(statements, snapshot("text", "'3'"), snapshot("bigint", 3), false)).toEqual([
    `${alter} DROP DEFAULT;`,
    `${alter} SET DATA TYPE bigint USING "stars"::bigint;`,
    `${alter} SET DEFAULT 3;`,
  ])
  expect(
    repairPostgres(statements.slice(0, 1), snapshot("integer", 3), snapshot("bigint", 3), false),
  ).toEqual([
    `${alter} DROP DEFAULT;`,
    `${alter} SET DATA TYPE bigint USING "stars"::bigint;`,
    `${alter} SET DEFAULT 3;`,
  ])
  expect(repairPostgres(statements.slice(0, 1), snapshot("text"), snapshot("bigint"), false)).toHaveLength(1)
})

test("a constraint that went with a dropped table is not missed", () => {
  const statements = [
    'DROP TABLE "folders" CASCADE;',
    'ALTER TABLE "items" DROP CONSTRAINT "items_folder_fk";',
  ]
  const empty = snapshot("text")
  expect(repairPostgres(statements, empty, empty, false)[1]).toContain(
    'DROP CONSTRAINT IF EXISTS "items_folder_fk"',
  )
})
