import { describe, expect, test } from "vitest"
import { searchMarks, searchState, withSearch } from "../../../src/weir/cli/generate/search.ts"
import type { SearchIndex } from "../../../src/weir/db/dialect/search-types.ts"

const items: SearchIndex = { table: "items", columns: [{ name: "title" }] }
const state = (...indexes: SearchIndex[]) => searchState(indexes, "postgres")

/** How many statements a migration has beside its own. */
const added = (statement: string, index = items): number => {
  const script = withSearch("postgres", { statements: [statement], losses: [] }, state(index), state(index))
  return script.statements.length - 1
}

describe("a migration that leaves the search as it is", () => {
  test.each([
    'ALTER TABLE "items" ADD COLUMN "price" integer;',
    'ALTER TABLE "items" ALTER COLUMN "price" SET DATA TYPE numeric;',
    'ALTER TABLE "items" DROP COLUMN "price";',
    'ALTER TABLE "items" RENAME COLUMN "price" TO "cost";',
    'ALTER TABLE "items" ALTER COLUMN "title" SET NOT NULL;',
    'ALTER TABLE "items" ALTER COLUMN "title" DROP DEFAULT;',
    'ALTER TABLE "items" ADD CONSTRAINT "short" CHECK (length("title") < 9);',
    'ALTER TABLE "others" ALTER COLUMN "title" SET DATA TYPE varchar(9);',
    'DROP TABLE "others";',
  ])("keeps the index: %s", (statement) => {
    expect(added(statement)).toBe(0)
  })

  test.each([
    'ALTER TABLE "items" ALTER COLUMN "title" SET DATA TYPE varchar(9);',
    'ALTER TABLE "extra"."items" ALTER COLUMN "title" SET DATA TYPE varchar(9);',
    'ALTER TABLE "items" DROP COLUMN "title";',
    "ALTER TABLE `items` RENAME COLUMN `title` TO `name`;",
    'ALTER TABLE "items" RENAME TO "things";',
    'DROP TABLE "items";',
  ])("makes it anew: %s", (statement) => {
    expect(added(statement)).toBe(4)
  })

  test("makes that of a generated column anew with any column that may be a part of it", () => {
    const generated = { ...items, columns: [{ name: "name", generatedAs: `"first" || "last"` }] }
    expect(added('ALTER TABLE "items" ALTER COLUMN "first" SET DATA TYPE varchar(9);', generated)).toBe(4)
    expect(added('ALTER TABLE "items" ALTER COLUMN "first" SET NOT NULL;', generated)).toBe(0)
  })
})

test("tables of one name in two schemas have an index each", () => {
  const extra = { ...items, schema: "extra" }
  const both = state(items, extra)
  expect(both.size).toBe(2)
  const { statements } = withSearch("postgres", { statements: [], losses: [] }, state(items), both)
  expect(statements).toHaveLength(2)
  expect(statements[0]).toContain('alter table "extra"."items" add column "_search" text')
  expect(searchMarks(both, state(items))).toEqual([
    '-- Search: {"schema":"extra","table":"items","columns":[]}',
  ])
})
