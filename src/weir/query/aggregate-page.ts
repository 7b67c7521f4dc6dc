import type { Resource } from "../resource/resource.ts"
import type { ViewerKind } from "../resource/viewer.ts"
import type { Aggregate, Group, ResultMember } from "./aggregate-query.ts"
import { decodeCursor, partOf, readCursorText } from "./cursor.ts"
import { type ListQuery, type SortField, type SortKey, sortText } from "./query.ts"
import type { ParamReader } from "./reader.ts"
import { maxSortKeys } from "./selection.ts"

/** What a page of groups is a page of. */
interface Result {
  groups: Group[]
  aggregates: Aggregate[]
  result: Resource
  viewer: ViewerKind
}

/** The order of the groups, and where the page begins. */
export function readPageFrom(
  reader: ParamReader,
  of: Result,
  skips: boolean,
): Pick<ListQuery, "sort" | "from"> {
  const sort = readResultSort(reader, of)
  return { sort, from: readCursor(reader, of, sort, skips) }
}

/** The sort keys, by the names that groups and aggregates were asked for; the groups are always the last. */
function readResultSort(reader: ParamReader, { groups, aggregates }: Result): SortKey[] {
  const named = new Map<string, ResultMember>()
  for (const group of groups) named.set(group.field.name, group)
  for (const aggregate of aggregates)
    named.set(aggregate.text, aggregate).set(aggregate.field.name, aggregate)
  const keys: SortKey[] = []
  const add = (member: ResultMember, descending: boolean) => {
    keys.push(...member.keys.map((field) => ({ field, descending })))
  }
  const has = (member: ResultMember) => keys.some(({ field }) => field === member.keys[0])
  for (const part of reader.single("sort")?.split(",") ?? []) {
    const descending = part.startsWith("-")
    const member = named.get(descending ? part.slice(1) : part)
    if (!member) {
      const message = `cannot sort by "${part.slice(0, 80)}", which is no group and no aggregate of this request`
      reader.issue("sort", message, "unknown_field")
    } else if (has(member)) reader.issue("sort", `names ${member.field.name.slice(0, 80)} twice`, "repeated")
    else add(member, descending)
  }
  for (const group of groups) if (!has(group)) add(group, false)
  if (keys.length > maxSortKeys) {
    const message = `may have ${maxSortKeys} keys at the most with all groups, of which a place in JSON is three`
    reader.issue(reader.isUsed("sort") ? "sort" : "group", message, "too_many")
  }
  return keys
}

function readCursor(
  reader: ParamReader,
  { result, viewer }: Result,
  sort: SortKey[],
  skips: boolean,
): ListQuery["from"] {
  const given = readCursorText(reader, skips)
  if (!given) return { cursor: "start" }
  const { cursor, text } = given
  const fields = sort.map(({ field }) => field)
  const decoded = fields.length ? decodeCursor(sortText(sort), fields, text, () => false) : undefined
  // A group cannot be looked up by its key, as a row can: no text of its cursor is cut.
  if (!decoded || decoded.position.some((value) => partOf(value).part === "cut")) {
    reader.issue(cursor, "is not a cursor of these groups with this sort", "invalid_cursor")
    return { cursor: "start" }
  }
  const { position } = decoded
  for (const [i, value] of position.entries())
    reader.values[`c${i}`] =
      partOf(value).bound ?? (value === null ? null : (fields[i] as SortField).type.sql.encode(value))
  const parts = position.map((value) => partOf(value).part)
  return { ...decoded, cursor, parts, resource: result, viewer }
}
