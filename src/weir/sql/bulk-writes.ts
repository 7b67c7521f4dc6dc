import { type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import type { Filters } from "../query/filters.ts"
import { keyFields } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { clause, conjunction, type RowSql } from "../resource/rules.ts"
import type { ViewerKind, ViewerSql } from "../resource/viewer.ts"
import { costOfFinding } from "./bounded.ts"
import { keyArray, tableOf } from "./columns.ts"
import { conditionsOf } from "./conditions.ts"
import { filtered } from "./filters.ts"
import { bound, compile, ownValue, type Plan } from "./plan.ts"
import { compileCount } from "./record-many.ts"
import { type Made, type Requirement, required, updateRequirements } from "./requirements.ts"
import { returnedKeys, sentKey, writtenRow } from "./returning.ts"
import { isAmongKeys } from "./rows-of-keys.ts"
import { sentText } from "./sent.ts"
import { assignments } from "./update.ts"
import { Aliases, viewerSql } from "./where.ts"

/** What is to become of the rows that filters find. */
export interface BulkWrite extends Filters {
  resource: Resource
  kind: ViewerKind
  /** The columns that an update sets, bound by name, and what the table's own code makes. A soft delete is one, too. */
  set?: { columns: string[]; made: Made }
  verb: "update" | "delete"
}

/** The rows that the viewer may see, that pass the filters, and that are the viewer's to write. */
function mayWrite({ resource, verb, ...write }: BulkWrite, row: RowSql, viewer: ViewerSql, aliases: Aliases) {
  return conjunction([
    resource.rules.read(row, viewer),
    ...filtered(write.filters, row, viewer, aliases),
    ...conditionsOf(write.conditions, row, viewer, aliases),
    resource.rules[verb](row, viewer),
  ])
}

/**
 * The rows to be written, as many as are bound as `@most`, in the order of their keys: `[key, key of the wire]`, both as JSON
 * arrays of its parts.
 */
export function compileMatching(write: BulkWrite): Plan {
  const { resource } = write
  const aliases = new Aliases()
  const { alias, row } = aliases.next(resource)
  const where = mayWrite(write, row, viewerSql(write.kind), aliases)
  const fields = keyFields(resource)
  const keys = fields.map(({ name }) => row(name))
  const sent = fields.map(({ name, type }) => type.sql.json(row(name)))
  const found = compile(
    sql`select ${sentText(resource, keyArray(resource, row))}, ${sentText(resource, expressions.jsonArray(sent))} from ${tableOf(resource)} ${alias} where ${clause(where)} order by ${sql.join(keys, sql`, `)} limit ${bound("@most")}`,
  )
  return { ...found, ...costOfFinding(resource, write.kind, write) }
}

/** Of the rows whose keys are bound as `@rows`, those that are to be written still: of these alone, more may be asked. */
function stillMatching(write: BulkWrite, further?: SQL): SQL {
  const row = writtenRow(write.resource)
  const may = clause(mayWrite(write, row, viewerSql(write.kind), new Aliases()))
  const asked = further ? sql`case when ${may} then ${further} else ${clause(false)} end` : may
  // An index finds the keys, outside of what is asked in turn.
  return sql`${isAmongKeys(write.resource, row, bound(ownValue.rows))} and ${asked}`
}

/** What an update requires beside that its rows are the viewer's to change. */
const furtherRequirements = ({ resource, kind, set }: BulkWrite): Requirement[] =>
  set ? updateRequirements(resource, kind, set.columns, set.made).filter(({ of }) => of !== "row") : []

/**
 * The write of rows whose keys are bound as `@rows`, of those that are to be written still: for each `[1, primary key,
 * …foreign keys]`. Fails where what an update requires of one of them does not hold.
 */
export function compileBulk(write: BulkWrite): Plan {
  const { resource, set, verb } = write
  const rules = verb === "update" ? required(furtherRequirements(write)) : undefined
  const where = stillMatching(write, rules)
  const keys = sql`returning 1, ${returnedKeys(resource, writtenRow(resource))}`
  if (!set) return compile(sql`delete from ${tableOf(resource)} where ${where} ${keys}`)
  return compile(
    sql`update ${tableOf(resource)} set ${assignments(resource, set.columns, set.made)} where ${where} ${keys}`,
  )
}

/** SQLite: the record of how many rows such a write changes, before it. */
export const compileCounted = (write: BulkWrite): Plan => compileCount(write.resource, stillMatching(write))

/** The first of such rows of which something that the update requires does not hold: `[key]`. */
export function compileBroken(write: BulkWrite): Plan {
  const { resource } = write
  const holds = clause(conjunction(furtherRequirements(write).map(({ holds }) => holds)))
  const row = writtenRow(resource)
  return compile(
    sql`select ${sentKey(resource, row)} from ${tableOf(resource)} where ${stillMatching(write)} and case when ${holds} then 0 else 1 end = 1 limit 1`,
  )
}
