import { type SQL, sql } from "drizzle-orm"
import { expressions, historySql } from "../db/dialect/expressions.ts"
import type { Resource } from "../resource/resource.ts"
import { rowOf } from "../resource/row-of.ts"
import { anyone, clause, conjunction, type RowSql } from "../resource/rules.ts"
import type { ViewerKind, ViewerSql } from "../resource/viewer.ts"
import { columnName, hasKey, keyArray, tableOf } from "./columns.ts"
import { wholeShape } from "./embed.ts"
import { rowText, visibleMembers } from "./row.ts"
import { sentText } from "./sent.ts"
import { versionLine } from "./validator.ts"
import { Aliases, signedUp, viewerSql } from "./where.ts"

/** The row that a write is about, by its table's own name. */
export const writtenRow = (resource: Resource): RowSql =>
  rowOf(resource, (column) => sql`${tableOf(resource)}.${columnName(resource, column)}`)

/** Who an insert shows its row to: who signs up sees it as that new viewer. */
export const writerOf = (resource: Resource, kind: ViewerKind, verb: string): ViewerSql =>
  verb === "insert" && resource.holdsViewers && kind === "anonymous"
    ? signedUp(writtenRow(resource)(resource.keys[0] as string))
    : viewerSql(kind)

/** The row as the viewer may see it, and its keys. */
export const returnedRow = (resource: Resource, row: RowSql, viewer: ViewerSql): SQL =>
  sql`${sentText(resource, wholeText(resource, row, viewer))}, ${returnedKeys(resource, row)}`

/**
 * The text of a row as its viewer may see it, without embeds, after the line of its version where it has one: what its
 * validator is made of.
 */
export function wholeText(resource: Resource, row: RowSql, viewer: ViewerSql): SQL {
  const line = versionLine(resource, row, viewer)
  const text = seenText(resource, row, viewer)
  return line ? sql`${line} || ${text}` : text
}

/** As much of that text as a validator needs. */
export const validatorText = (
  resource: Resource,
  row: RowSql,
  viewer: ViewerSql,
  aliases: Aliases = new Aliases(),
): SQL => versionLine(resource, row, viewer) ?? seenText(resource, row, viewer, aliases)

const seenText = (
  resource: Resource,
  row: RowSql,
  viewer: ViewerSql,
  aliases: Aliases = new Aliases(),
): SQL => expressions.jsonText(rowText(wholeShape(resource, row, { viewer, aliases })))

/**
 * The primary key of a row, and its foreign keys: what the cache is invalidated by. Where the resource has hooks after
 * its writes, their row comes last.
 */
export function returnedKeys(resource: Resource, row: RowSql): SQL {
  const { keys, references, options, history } = resource
  const key = sentKey(resource, row)
  // D1 tells the columns of a batch apart by their names.
  const own = references.has(keys[0] ?? "") ? sql`${key} as "@key"` : key
  // Postgres would take a column called "@row" for the rows that have this name.
  const told = options.after ? [sql`${sentText(resource, toldRow(resource, row))} as "@told"`] : []
  const foreign = [...references].map((name) => sentValue(resource, row, name))
  // Where a write notes its rows itself, it finds them by what the database makes of their keys.
  const noted = history && !historySql.lastWrite ? [sql`${keyArray(resource, row)} as "@own"`] : []
  return sql.join([own, ...foreign, ...told, ...noted], sql`, `)
}

/** The primary key of a row, as in JSON; one of several columns is an array of JSON. */
export function returnedKey(resource: Resource, row: RowSql): SQL {
  const [key, ...others] = resource.keys
  if (key === undefined) return sql`null`
  if (others.length === 0) return jsonOf(resource, row, key)
  return expressions.jsonArray(resource.keys.map((name) => jsonOf(resource, row, name)))
}

/** The same as a column of a result. */
export const sentKey = (resource: Resource, row: RowSql): SQL =>
  resource.keys.length > 1
    ? sentText(resource, returnedKey(resource, row))
    : resource.keys[0] === undefined
      ? returnedKey(resource, row)
      : sentValue(resource, row, resource.keys[0])

/** Types whose values in JSON are no text of the column's own. */
const isNoText = /^(id|integer|real|boolean|timestamp)$/

function sentValue(resource: Resource, row: RowSql, name: string): SQL {
  const value = resource.fields[name]?.type.sql.returned?.(row(name)) ?? jsonOf(resource, row, name)
  return isNoText.test(resource.fields[name]?.spec.type ?? "") ? value : sentText(resource, value)
}

const jsonOf = ({ fields }: Resource, row: RowSql, name: string): SQL =>
  fields[name]?.type.sql.json(row(name)) ?? row(name)

/** Where `returnedKeys` has the row for hooks, after what stands first. */
export const toldAt = ({ references }: Resource): number => 2 + references.size

/** The text of a row for hooks: all of it but secrets. */
function toldRow({ fields, keys }: Resource, row: RowSql): SQL {
  const shown = Object.values(fields).filter(
    ({ name, secret, hidden }) => keys.includes(name) || !(secret || hidden),
  )
  const open = shown.map((field) => ({ ...field, read: anyone }))
  return expressions.jsonText(
    rowText(visibleMembers(open, row, viewerSql("admin"), ({ type }, column) => type.sql.json(column))),
  )
}

/**
 * The one row whose key is bound as `id`, if the viewer may see it. The key is always part of the predicate, so
 * that no rule can make a write touch a whole table.
 */
export const oneVisible = (resource: Resource, row: RowSql, viewer: ViewerSql): SQL =>
  clause(conjunction([hasKey(resource, row), resource.rules.read(row, viewer)]))
