import { type SQL, sql } from "drizzle-orm"
import { shortHash } from "../lib/etag.ts"
import type { Field, Resource } from "../resource/resource.ts"
import { rowOf } from "../resource/row-of.ts"
import type { RowSql } from "../resource/rules.ts"
import type { ViewerKind, ViewerSql } from "../resource/viewer.ts"
import { columnName, tableOf } from "./columns.ts"
import { compile, ownValue, planOf } from "./plan.ts"
import { rowText, visibleMembers } from "./row.ts"
import { viewerSql } from "./where.ts"

/** The field in which rows count their versions, if they do. */
export const countedField = ({ version }: Resource): Field | undefined =>
  version?.counts && version.field !== "xmin" ? version.field : undefined

/** The next number of a row that counts its versions. */
export const nextVersion = (resource: Resource, { name, nullable }: Field): SQL => {
  const own = sql`${tableOf(resource)}.${columnName(resource, name)}`
  return sql`${nullable ? sql`coalesce(${own}, 0)` : own} + 1`
}

/** What tells versions of a row apart, as text; undefined where only all that its viewer sees does. */
export function rowVersion({ version }: Resource, row: RowSql): SQL | undefined {
  if (!version) return undefined
  const { field, counts } = version
  if (field === "xmin") return sql`cast(${row(field)} as text)`
  const value = counts ? row(field.name) : field.type.sql.json(row(field.name))
  return sql`cast(${field.nullable ? sql`coalesce(${value}, ${sql.raw(counts ? "0" : "'-'")})` : value} as text)`
}

/**
 * The line that validators are made of: the version, a point, and what tells answers to other viewers apart: characters for
 * what this kind sees, and a `*` where that depends on the viewer itself. Undefined as `rowVersion` is.
 */
export function versionLine(resource: Resource, row: RowSql, { kind }: ViewerSql): SQL | undefined {
  const version = rowVersion(resource, row)
  return version && sql`${version} || ${sql.raw(`'.${formOf(resource, kind).text}\n'`)}`
}

function formOf(resource: Resource, kind: ViewerKind): { text: string } {
  return planOf(resource, `form:${kind}`, () => {
    const row = rowOf(resource, (column) => columnName(resource, column))
    const fields = Object.values(resource.fields).filter(({ type }) => !type.heavy)
    const shape = visibleMembers(fields, row, viewerSql(kind), (_, column) => column)
    const { text, bind } = compile(rowText(shape))
    const isOwn = bind.some(
      (slot) => "name" in slot && (slot.name === ownValue.viewer || slot.name.startsWith(ownValue.claim)),
    )
    return { text: `${shortHash(`${kind} ${text}`)}${isOwn ? "*" : ""}` }
  })
}
