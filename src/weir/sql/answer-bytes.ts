import { type SQL, sql } from "drizzle-orm"
import { countName } from "../query/include-tree.ts"
import { type Include, type RowCount, type Selection, wholeRow } from "../query/query.ts"
import type { Resource } from "../resource/resource.ts"
import { isOpen } from "../resource/rules.ts"
import type { ViewerKind } from "../resource/viewer.ts"
import { bound, ownValue } from "./plan.ts"

/** Most bytes that the JSON of a row can have, with what it embeds. */
export function maxRowBytes(
  resource: Resource,
  { fields, includes, counts = [], version }: Selection,
  kind: ViewerKind,
): number {
  let bytes = 2 + bytesOfCounts(counts)
  for (const { name, type, read } of Object.values(resource.fields))
    if ((fields ? fields.has(name) : !type.heavy) && isOpen(read, kind))
      bytes += Buffer.byteLength(name) + 4 + type.maxBytes
  if (version && isOfWholeRow(resource)) bytes += validatorWeight * maxRowBytes(resource, wholeRow, kind)
  for (const include of includes)
    bytes += Buffer.byteLength(include.relation.name) + 6 + maxEmbedBytes(include, kind)
  return bytes
}

/** Whether validators are made of all that the viewer sees of a row. */
export const isOfWholeRow = ({ version }: Resource): boolean => version === undefined

/** How often a row counts of which only the validator is served: it is written in hexadecimal digits, and read again. */
export const validatorWeight = 4

/** Most bytes of the counts of a row: their names, what stands around these, and digits. */
export const bytesOfCounts = (counts: RowCount[] = []): number =>
  counts.reduce((sum, { relation }) => sum + Buffer.byteLength(countName(relation)) + 4 + maxDigits, 0)

const maxDigits = 20

const maxEmbedBytes = (include: Include, kind: ViewerKind): number =>
  include.limit * maxRowBytes(include.relation.target, include, kind)

const table = sql`${sql.identifier("@answer")}`

/** The table of a statement that holds the bytes of its answer, from a query for them. */
export const answerTable = (bytes: SQL, from: SQL): SQL =>
  sql`${table} as materialized (select ${bytes} as bytes from ${from})`

/** The bytes of the answer, from that table. */
export const answerBytes: SQL = sql`(select bytes from ${table})`

/** Whether the answer is within its limit: a statement reads nothing that costs much where it is not. */
export const withinLimit: SQL = sql`${answerBytes} <= ${bound(ownValue.answerLimit)}`

/** That table as one of the tables of a query. */
export const joinedAnswer: SQL = sql` cross join ${table}`

/** `withinLimit` within such a query. Its nested selects would each add the depth of the measure to their own. */
export const joinedWithinLimit: SQL = sql`${table}.bytes <= ${bound(ownValue.answerLimit)}`

/** A value that costs much: read where the whole statement may. */
export const gated = (gate: SQL | undefined, value: SQL): SQL =>
  gate ? sql`case when ${gate} then ${value} end` : value
