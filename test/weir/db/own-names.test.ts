import { expect, test } from "vitest"
import { ownNames, withoutPublic } from "../../../src/weir/db/migrations/own-names.ts"

const names = ownNames([
  {
    statements: [
      'CREATE TABLE "users" ("id" bigint)',
      'CREATE TYPE "public"."mood" AS ENUM (\'low\')',
      'create table if not exists notes (id int); ALTER TABLE "old" RENAME TO "memos"',
      'CREATE MATERIALIZED VIEW "public"."totals" AS (select 1)',
      'CREATE TABLE "extra"."audits" (id int)',
    ],
  },
])

test("what migrations make without a schema of their own is theirs", () => {
  expect([...names].sort()).toEqual(["memos", "mood", "notes", "totals", "users"])
})

test.each([
  ['REFERENCES "public"."users"("id")', 'REFERENCES "users"("id")'],
  // Made by nobody here: another program's.
  ['REFERENCES "public"."countries"("id")', 'REFERENCES "public"."countries"("id")'],
  ['REFERENCES "extra"."users"("id")', 'REFERENCES "extra"."users"("id")'],
  [`select '"public"."users"'`, `select '"public"."users"'`],
  [`do $x$ "public"."users" $x$`, `do $x$ "public"."users" $x$`],
  ['select 1 -- "public"."users"\n, "public"."users"', 'select 1 -- "public"."users"\n, "users"'],
  ['"a""public"."users"', '"a""public"."users"'],
])("%s", (statement, resolved) => expect(withoutPublic(statement, (name) => names.has(name))).toBe(resolved))
