import { type SQL, sql } from "drizzle-orm"
import type { PatchedDocument, PatchSql } from "../merge-patch.ts"
import { failure } from "./sql.ts"

/** The text of `jsonb` has a space after each comma and colon: up to half as many bytes again. */
const spaces = 1.5

const texts = (list: SQL): SQL => sql`array(select jsonb_array_elements_text(${list}))`

const [before, steps, patched, after] = ["@before", "@steps", "@patched", "@after"].map((name) =>
  sql.identifier(name),
)

/**
 * What a merge patch (RFC 7396) makes of a document, which Postgres has no function for. It is bound as an array of
 * `[path, names to remove, members to set]`, one for each object of the patch, which are taken one after another.
 *
 * The row is locked before it is read: an UPDATE that has waited for another looks at the row again, but not at what a
 * WITH clause has made of it.
 */
export function mergePatch({ table, column, hasKey, patch, isWritten }: PatchedDocument): PatchSql {
  const lock = isWritten ? sql` for update` : sql``
  const target = sql`case when jsonb_typeof(doc #> path) = 'object' then doc #> path else '{}' end`
  const step = sql`lateral (select list -> n as step) as s, lateral (select ${texts(sql`step -> 0`)} as path) as p, lateral (select (${target} - ${texts(sql`step -> 1`)}) || (step -> 2) as object) as o`
  const next = sql`select n + 1, case when path = '{}' then object else jsonb_set(doc, path, object) end from ${patched}, ${steps}, ${step} where n < jsonb_array_length(list)`
  const document = sql`${after}.doc`
  return {
    ctes: sql.join(
      [
        sql`with recursive ${before} as materialized (select ${column} as doc from ${table} where ${hasKey}${lock})`,
        sql`${steps} as materialized (select ${patch}::text::jsonb as list)`,
        sql`${patched}(n, doc) as (select 0, doc from ${before} union all ${next})`,
        sql`${after} as materialized (select n, doc from ${patched} order by n desc limit 1) `,
      ],
      sql`, `,
    ),
    from: sql`${after}`,
    document,
    upTo: (maxBytes) =>
      sql`case when octet_length(${document}::text) > ${sql.raw(String(Math.ceil(maxBytes * spaces)))} then to_jsonb(${failure("document", sql`${after}.n`)}) else ${document} end`,
  }
}

/** A merge patch as it is bound: its steps. */
export const patchValue = (_text: string, steps: string): string => steps

/** The text of a document. */
export const asText = (document: SQL): SQL => sql`${document}::text`
