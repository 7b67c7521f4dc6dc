import { expect, test } from "vitest"
import { isRead } from "../../../src/weir/db/handle/reads.ts"

test.each([
  "select 1",
  "  ( select 1 ) union (select 2)",
  "SELECT * FROM a;",
  "with a as (select 1) select * from a",
  "with recursive a(n) as (select 1 union all select n + 1 from a) select n from a",
  "-- one's own\n/* and more */ select 1",
  "values (1), (2)",
  'with a as (select \'insert into b\' as t, "delete", "update" from b) select * from a',
  "select e'it\\'s; delete', $tag$ update a $tag$, 'it''s; insert into'",
  "select replace(a, 'x', 'y') from b where updated_at > 1 and deleted",
  "select * from a for update skip locked",
  "select * from a for no key update",
  'select count(*) as count from "a" where "into" = $1;',
  "select -- update\n 1",
  "with `update` as (select 1) select * from `update`",
])("reads: %s", (text) => {
  expect(isRead(text)).toBe(true)
})

test.each([
  "insert into a values (1) returning *",
  'with a as (select 1) insert into "b" select * from a',
  "with a as (select 1) insert or replace into b select * from a",
  "with a as (delete from b returning *) select * from a",
  'with a as (\n  update "b" set c = 1 returning *\n) select * from a',
  "WITH a AS (INSERT INTO b VALUES (1) RETURNING id) SELECT id FROM a",
  "with recursive a as (select 1 as n) search depth first by n set o delete from b",
  "with a as (select 1) merge into b using a on true when matched then delete",
  "select * into b from a",
  "select 1; delete from a",
  "update a set b = 1",
  "delete from a",
  "replace into a values (1)",
  "pragma table_info(a)",
  "explain analyze delete from a",
  "refresh materialized view a",
  "create table a (b int)",
  "call a()",
  "selection",
  "-- select\ndelete from a",
  "/* select */ update a set b = 1",
])("writes, or may: %s", (text) => {
  expect(isRead(text)).toBe(false)
})
