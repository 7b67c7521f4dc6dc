import type { Resource } from "../resource/resource.ts"
import type { ViewerKind } from "../resource/viewer.ts"
import type { Aggregate, Group, ResultMember } from "./aggregate-query.ts"
import { decodeCursor, partOf, readCursorText } from "./cursor.ts"
import { type FromCursor, type ListQuery, type SortKey, sortText } from "./query.ts"
import type { ParamReader } from "./reader.ts"
import { maxSortKeys } from "./selection.ts"

/** What a page of groups is a page of. */
interface Result {
  groups: Group[]
  aggregates: Aggregate[]
  result: Resource
  viewer: ViewerKind
}

/** Most bytes of a position that a cursor holds whole: a group cannot be looked up by its key, as a row can. */
export const maxGroupCursorBytes = 2_900

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

/** Greater than all texts that begin with what stands before it. */
const last = "\u{10FFFF}"

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
  const position = fields.length ? decodeCursor(sortText(sort), fields, text, () => false) : undefined
  if (!position) {
    reader.issue(cursor, "is not a cursor of these groups with this sort", "invalid_cursor")
    return { cursor: "start" }
  }
  const parts: FromCursor["parts"] = []
  for (const [i, value] of position.entries()) {
    const { field, descending } = sort[i] as SortKey
    // Of a text that is too long for a cursor, all that begin as it does are passed over.
    const isRising = descending === (cursor === "before")
    const { part, bound } = partOf(value)
    const whole = part === "cut" ? `${bound}${isRising ? last : ""}` : bound
    reader.values[`c${i}`] = whole ?? (value === null ? null : field.type.sql.encode(value))
    parts.push(part === "cut" ? "value" : part)
  }
  return { cursor, parts, resource: result, viewer }
}
