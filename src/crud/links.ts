import type { Row } from "../db/driver.ts"
import { encodeCursor, type Position } from "./cursor.ts"
import type { ListQuery, SortKey } from "./query.ts"
import { sortText } from "./query.ts"

/**
 * The `Link` header of a page (RFC 8288): `first`, and `prev` and `next` where there are such pages. The
 * URLs keep the caller's other parameters; places come from the statement, never from the body.
 */
export function linksOf(url: string, query: ListQuery, rows: number, first: Row, last: Row): string {
  const start = url.indexOf("/", url.indexOf("://") + 3)
  const mark = url.indexOf("?")
  const path = mark < 0 ? url.slice(start) : url.slice(start, mark)
  const rest = new URLSearchParams(mark < 0 ? "" : url.slice(mark))
  for (const name of ["after", "before", "skip"]) rest.delete(name)
  const link = (relation: string, name?: string, place?: Row) => {
    const params = new URLSearchParams(rest)
    if (name && place) params.set(name, encodeCursor(sortText(query.sort), positionOf(query.sort, place)))
    const search = params.size ? `?${params}` : ""
    return `<${path}${search}>; rel="${relation}"`
  }
  const more = rows > query.limit
  const { cursor } = query.from
  const backwards = cursor === "before"
  const links = [link("first")]
  if (rows > 0) {
    // Read backwards, the statement's first place is the page's last.
    const [top, bottom] = backwards ? [last, first] : [first, last]
    const hasPrevious = backwards ? more : cursor === "after" || query.skip
    const hasNext = backwards || more
    if (hasPrevious) links.push(link("prev", "before", top))
    if (hasNext) links.push(link("next", "after", bottom))
  }
  return links.join(", ")
}

/** What a driver gives for a sort key, as the wire has it. */
function positionOf(sort: SortKey[], place: Row): Position {
  return sort.map(({ field }, i) => {
    const value = place[i]
    if (value === null || value === undefined) return null
    switch (field.spec.type) {
      case "id":
      case "integer":
      case "real":
        return Number(value)
      case "boolean":
        return Boolean(value)
      case "timestamp":
        return value instanceof Date ? value.toISOString() : String(value)
      default:
        return String(value)
    }
  })
}
