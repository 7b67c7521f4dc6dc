import { hasCursors } from "../resource/key.ts"
import { defaultSort, type Relation, type Resource } from "../resource/resource.ts"
import type { ViewerKind } from "../resource/viewer.ts"
import { decodeCursor, partOf, readCursorText, startShape } from "./cursor.ts"
import {
  defaultLimit,
  type FromCursor,
  type ListQuery,
  maxLimit,
  type Selection,
  type SortField,
  type SortKey,
  sortText,
  type Values,
} from "./query.ts"
import { ParamReader } from "./reader.ts"
import { readRankedSort, readSearch } from "./search.ts"
import { readSelection, readSort, rowsWith } from "./selection.ts"

/** A parsed query string: what to read, the values to bind, and the text that identifies the shape. */
export interface Parsed<Q> {
  query: Q
  values: Values
  shape: string
}

/**
 * Reads the query string of a list of at most `maxRows` rows, with those that they embed, and a tree of filters where that
 * came apart. Throws a 422 that names every wrong parameter.
 */
export function parseList(
  resource: Resource,
  viewer: ViewerKind,
  { search, filter }: { search: string; filter?: string | undefined },
  maxRows: number,
  nested?: { relation: Relation; within: Resource },
): Parsed<ListQuery> {
  const reader = new ParamReader(viewer, search)
  if (filter !== undefined) reader.add("filter", filter)
  const { values } = reader
  const limit = reader.integer("limit", 1, maxLimit) ?? defaultLimit
  const skip = reader.integer("skip", 0, Number.MAX_SAFE_INTEGER)
  values.skip = skip
  // One row more than the page is read.
  const skipWithin = skip ? 2 ** Math.ceil(Math.log2(skip + limit + 1)) : undefined
  const counting = reader.choice("count", ["exact", "estimate"])
  const count = counting === "exact"
  const found = readSearch(reader, resource)
  const sort = found
    ? readRankedSort(reader, resource)
    : readSort(reader, resource, "sort", defaultSort(resource))
  const from = readCursor(reader, { resource, viewer }, sort, skip !== undefined)
  const selection = readSelection(reader, resource, { filtered: true, byDefault: [] })
  requireFewRows(reader, rowsWith(limit, selection.includes), maxRows, ` with limit=${limit}`)
  reader.finish()
  const flags = `${skipWithin ? `s${skipWithin}` : ""}${count ? "c" : ""}`
  return {
    query: {
      ...selection,
      resource,
      viewer,
      sort,
      from,
      limit,
      skipWithin,
      count,
      estimate: counting === "estimate",
      search: found,
      parent: nested?.relation,
      within: nested?.within,
    },
    values,
    shape: `${sortText(sort)};${startShape(from)};${limit}${flags};${reader.shape}`,
  }
}

/** Reads the query string of a single read: `fields`, `include` and the options of embeds. */
export function parseOne(
  resource: Resource,
  viewer: ViewerKind,
  search: string,
  maxRows: number,
): Parsed<Selection> {
  const reader = new ParamReader(viewer, search)
  const relations = Object.values(resource.relations).filter((relation) => relation.byDefault)
  const byDefault = relations.map((relation) => relation.name)
  const query = readSelection(reader, resource, { filtered: false, byDefault })
  requireFewRows(reader, rowsWith(1, query.includes), maxRows)
  reader.finish()
  return { query, values: reader.values, shape: reader.shape }
}

function requireFewRows(reader: ParamReader, rows: number, most: number, why = ""): void {
  if (rows <= most) return
  const message = `may be ${rows} rows${why}, of at most ${most}: ask for fewer, here or there`
  reader.issue("include", message, "too_many")
}

/** Where the page begins: `after` or `before`, never both, and never with `skip`. */
function readCursor(
  reader: ParamReader,
  of: Pick<FromCursor, "resource" | "viewer">,
  sort: SortKey[],
  skips: boolean,
): ListQuery["from"] {
  const given = readCursorText(reader, skips)
  if (!given) return { cursor: "start" }
  const { cursor, text } = given
  if (!hasCursors(of.resource, of.viewer)) {
    reader.issue(cursor, "needs a key that you may read, which this list has not: use skip", "invalid_cursor")
    return { cursor: "start" }
  }
  const keys = sort.map((key) => key.field)
  const position = decodeCursor(sortText(sort), keys, text, (field) => of.resource.keys.includes(field))
  if (!position) {
    reader.issue(cursor, "is not a cursor of this list with this sort", "invalid_cursor")
    return { cursor: "start" }
  }
  for (const [i, value] of position.entries())
    reader.values[`c${i}`] = partOf(value).bound ?? (keys[i] as SortField).type.sql.encode(value)
  return { ...of, cursor, parts: position.map((value) => partOf(value).part) }
}
