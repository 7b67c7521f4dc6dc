import { type SQL, sql } from "drizzle-orm"

/** A table that keeps arrays in the order of their insertion. */
export const stagingTable = (name: string): SQL =>
  sql`create table ${sql.identifier(name)} (n bigint generated always as identity primary key, shape text not null, "array" json not null)`
/** Statements to run after an insert with explicit ids, so that the sequence does not generate them again. `table` is quoted. */
export const keepIds = (table: string, key: string): string[] => [
  `select setval(s, greatest((select max("${key}") from ${table}), (select last_value from pg_sequences where (schemaname, sequencename) = (select nspname, relname from pg_class c join pg_namespace n on n.oid = relnamespace where c.oid = s::regclass)), 1)) from (select pg_get_serial_sequence('${table.replaceAll("'", "''")}', '${key.replaceAll("'", "''")}') s) _ where s is not null and exists (select 1 from ${table})`,
]
