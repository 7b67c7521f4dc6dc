import { type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import { versionName } from "../resource/names.ts"
import type { Resource } from "../resource/resource.ts"
import type { RowSql } from "../resource/rules.ts"
import { gated } from "./answer-bytes.ts"
import { tableOf } from "./columns.ts"
import type { Context } from "./embed.ts"
import { asJson, type Rendering } from "./rendering.ts"
import { type Member, type RowShape, rowText } from "./row.ts"
import { versionLine } from "./validator.ts"
import type { Aliases } from "./where.ts"

/**
 * The member that stands for the validator of a row, whose members `whole` makes. The answer's text is completed by
 * `withVersions`.
 */
export function versionMember(
  resource: Resource,
  row: RowSql,
  { rendering, viewer, aliases, gate }: Context,
  whole: (rendering: Rendering) => RowShape,
): Member {
  const own: RowSql = (column) => (column === "xmin" ? systemColumn(resource, row, aliases) : row(column))
  const line = versionLine(resource, resource.version?.field === "xmin" ? own : row, viewer)
  const text = line ?? expressions.jsonText(rowText(whole(asJson)))
  return {
    name: versionName,
    value: gated(gate, rendering.version(text, line ? undefined : whole)),
    when: undefined,
    hides: true,
  }
}

/** Postgres: the `xmin` of a row, which may come from a subselect: these have no system columns. */
function systemColumn(resource: Resource, row: RowSql, aliases: Aliases): SQL {
  const { alias, row: own } = aliases.next(resource)
  const same = sql.join(
    resource.keys.map((key) => sql`${own(key)} = ${row(key)}`),
    sql` and `,
  )
  return sql`(select ${alias}.xmin from ${tableOf(resource)} ${alias} where ${same})`
}
