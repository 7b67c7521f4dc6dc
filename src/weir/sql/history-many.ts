import { type SQL, sql } from "drizzle-orm"
import { historySql } from "../db/dialect/expressions.ts"
import { rowHistory } from "../db/dialect/row-history.ts"
import type { Resource } from "../resource/resource.ts"
import { tableOf } from "./columns.ts"
import {
  historyValue,
  isNoted,
  own,
  pendingName,
  sinceWhen,
  tableName,
  type Verb,
  versionText,
} from "./history.ts"
import { bound, compile, type Plan } from "./plan.ts"
import { writtenRow } from "./returning.ts"

const { notBefore } = historySql
const of = (name: "id" | "key" | "was" | "first"): SQL => sql`"@p".value ->> ${sql.raw(`'${name}'`)}`
const isFirst = sql`(${of("first")})::boolean`

/**
 * Postgres: as `compileVersions`, of many rows in one pass. A plan that was made while the tables were tiny stays in use
 * as they grow, and its subselects would go through a table for each row. An array is taken for a hundred rows, so that
 * each table is joined with it as a whole, or by an index.
 */
export function compileManyVersions(resource: Resource, verb: Verb, isPart: boolean): Plan {
  const row = writtenRow(resource)
  const table = tableOf(resource)
  const noted = sql`select json_agg(json_build_object('id', ${own("id")}, 'key', ${own("row_key")}, 'was', case when ${own("version")} < 0 then ${own("was")} end, 'first', ${own("version")} = 0)) from ${rowHistory} where ${own("table_name")} = ${pendingName(resource)}`
  const numbers = sql`select ${own("row_key", "@o")} as "@key", max(${own("version", "@o")}) as "@last", max(${own("at", "@o")}) as "@at" from "@p" join ${rowHistory} as "@o" on ${own("table_name", "@o")} = ${tableName(resource)} and ${own("row_key", "@o")} = ${of("key")} group by 1`
  const text = verb === "delete" ? sql`null::text` : versionText(resource, row)
  const rows = sql`select (${of("id")})::bigint as "@id", ${text} as "@text", ${sinceWhen(resource, row) ?? sql`null::timestamptz`} as "@since" from "@p" join ${table} on ${isNoted(resource, row, sql`(${of("was")})`)} where not ${isFirst}`
  const set = (name: Parameters<typeof own>[0], value: SQL): SQL =>
    sql`${own(name)} = case when ${isFirst} then ${own(name, "weir_row_history")} else ${value} end`
  const sets = [
    sql`${own("table_name")} = ${tableName(resource)}`,
    set("version", sql`coalesce("@n"."@last", 0) + 1`),
    set("at", notBefore(sql`"@t"."@since"`, sql`"@n"."@at"`)),
    set("by", sql`cast(${bound(historyValue.by)} as text)`),
    set("was", sql`"@t"."@text"`),
  ]
  const joined = sql`"@p" left join "@n" on "@n"."@key" = ${of("key")} left join "@t" on "@t"."@id" = (${of("id")})::bigint`
  const conditions = [
    sql`${own("id", "weir_row_history")} = (${of("id")})::bigint`,
    sql`(not ${isFirst} or "@n"."@key" is null)`,
    ...(isPart ? [sql`(${isFirst} or "@t"."@id" is null)`] : []),
  ]
  return compile(
    sql`with "@p" as materialized (select value from json_array_elements((${noted})) as "@e"(value)), "@n" as (${numbers}), "@t" as (${rows}) update ${rowHistory} set ${sql.join(sets, sql`, `)} from ${joined} where ${sql.join(conditions, sql` and `)}`,
  )
}
