import type { Row } from "../db/driver.ts"
import type { Position } from "../query/cursor.ts"
import type { ListQuery } from "../query/query.ts"
import type { ListPlan } from "../sql/select.ts"

/** A page as its statement gave it, without the one row too many. */
export interface Page {
  /** The JSON array of its rows. */
  body: string
  rows: number
  /** Whether there are more rows beyond it, in the direction that it was read. */
  more: boolean
  /** The place of its first or last row. */
  place(end: "top" | "bottom"): Position
  /** What the statement answers after that: the count, whether the parent is there. */
  rest: Row
}

/** The page in the one row that a list's statement answers. */
export function pageOf(row: Row, { keys, placed, separator }: ListPlan, { limit, from }: ListQuery): Page {
  const read = Number(row[1])
  const more = read > limit
  const rows = more ? limit : read
  const backwards = from.cursor === "before"
  const text = read === 0 ? "[]" : served(row[0] as string, separator, more, backwards)
  return {
    // A separator that is no white space is ours alone.
    body: separator.includes(",") ? text : text.replaceAll(separator, ","),
    rows,
    more,
    place: (end) => {
      if (placed) {
        const place = JSON.parse(rowAt(text, separator, end)) as Record<string, Position[number]>
        return placed.map((name) => place[name] as Position[number])
      }
      const at = (end === "top") === backwards ? rows - 1 : 0
      const places = row.slice(2, 2 + keys) as string[]
      return places.map((values) => (JSON.parse(values) as Position)[at] as Position[number])
    },
    rest: row.slice(2 + keys),
  }
}

/** The rows that were read as they are served: without the last where it is one too many, and turned round. */
function served(text: string, separator: string, more: boolean, backwards: boolean): string {
  const body = more ? `${text.slice(0, text.lastIndexOf(separator))}]` : text
  return backwards ? `[${body.slice(1, -1).split(separator).reverse().join(separator)}]` : body
}

/** The JSON of the first or last row. */
function rowAt(text: string, separator: string, end: "top" | "bottom"): string {
  const at = end === "top" ? text.indexOf(separator) : text.lastIndexOf(separator)
  if (at < 0) return text.slice(1, -1)
  return end === "top" ? text.slice(1, at) : text.slice(at + separator.length, -1)
}
