import type { Row } from "../db/driver.ts"
import type { Position } from "./cursor.ts"
import type { ListQuery } from "./query.ts"
import type { ListPlan } from "./read.ts"

/** A page as its statement gave it, without the one row too many. */
export interface Page {
  /** The JSON array of its rows. */
  body: string
  rows: number
  /** Whether there are more rows beyond it, in the direction that it was read. */
  more: boolean
  /** The place of its first or last row. Read from the statement's own columns, never from the body. */
  place(end: "top" | "bottom"): Position
  /** What the statement answers after that: the count, whether the parent is there. */
  rest: Row
}

/** The page in the one row that a list's statement answers. */
export function pageOf(row: Row, { keys, separator }: ListPlan, { limit, from }: ListQuery): Page {
  const read = Number(row[1])
  const more = read > limit
  const rows = more ? limit : read
  const backwards = from.cursor === "before"
  const places = row.slice(2, 2 + keys) as string[]
  return {
    body: read === 0 ? "[]" : bodyOf(row[0] as string, separator, more, backwards),
    rows,
    more,
    place: (end) => {
      const at = (end === "top") === backwards ? rows - 1 : 0
      return places.map((values) => (JSON.parse(values) as Position)[at] as Position[number])
    },
    rest: row.slice(2 + keys),
  }
}

/** The rows that were read as they are served: without the last where it is one too many, and turned round. */
function bodyOf(text: string, separator: string, more: boolean, backwards: boolean): string {
  let body = more ? `${text.slice(0, text.lastIndexOf(separator))}]` : text
  if (backwards) body = `[${body.slice(1, -1).split(separator).reverse().join(separator)}]`
  // A separator that is no white space is ours alone.
  return separator.includes(",") ? body : body.replaceAll(separator, ",")
}
