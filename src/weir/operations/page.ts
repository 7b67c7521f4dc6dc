import type { Row } from "../db/driver.ts"
import type { Position } from "../query/cursor.ts"
import type { ListQuery } from "../query/query.ts"
import type { ListPlan } from "../sql/select.ts"

/** The first or the last row of a page. */
export type End = "top" | "bottom"

/** One page, without the extra row that was read to learn whether more follow. */
export interface Page {
  /** The JSON array of its rows. */
  body: string
  rows: number
  /** Whether more rows follow, in the direction that it was read. */
  more: boolean
  position(end: End): Position
  /** Whether that is right: a row may show another value than its column holds. */
  isTold(end: End): boolean
  /** The statement's further columns: the count, whether the parent exists. */
  rest: Row
}

/** The page in the one row that a list's statement returns. */
export function pageOf(
  row: Row,
  { keyColumns, keysInRows, separator }: Pick<ListPlan, "keyColumns" | "keysInRows" | "separator">,
  { limit, from }: Pick<ListQuery, "limit" | "from">,
): Page {
  const read = Number(row[1])
  const more = read > limit
  const rows = more ? limit : read
  const backwards = from.cursor === "before"
  const text = read === 0 ? "[]" : served(row[0] as string, separator, more, backwards)
  const positions: Partial<Record<End, Position>> = {}
  const positionOf = (end: End): Position => {
    if (keysInRows) {
      const members = JSON.parse(rowAt(text, separator, end)) as Record<string, Position[number]>
      return keysInRows.map(({ name }) => members[name] as Position[number])
    }
    const isFirst = (end === "top") !== backwards
    const columns = row.slice(2, 2 + keyColumns) as string[]
    return columns.map((values) => {
      const ends = JSON.parse(values) as Position
      return ends[isFirst ? 0 : Math.min(rows, ends.length) - 1] as Position[number]
    })
  }
  const position = (end: End): Position => {
    positions[end] ??= positionOf(end)
    return positions[end]
  }
  return {
    // A separator that is no white space is ours alone.
    body: separator.includes(",") ? text : text.replaceAll(separator, ","),
    rows,
    more,
    position,
    isTold: (end) =>
      !keysInRows?.some(({ shows }) => shows) ||
      position(end).every((value, i) => keysInRows[i]?.shows?.(value) !== false),
    rest: row.slice(2 + keyColumns),
  }
}

/** The rows as they are served: without the extra last one, and reversed where the page was read backwards. */
function served(text: string, separator: string, more: boolean, backwards: boolean): string {
  const body = more ? `${text.slice(0, text.lastIndexOf(separator))}]` : text
  return backwards ? `[${body.slice(1, -1).split(separator).reverse().join(separator)}]` : body
}

/** The JSON of the first or last row. */
function rowAt(text: string, separator: string, end: End): string {
  const at = end === "top" ? text.indexOf(separator) : text.lastIndexOf(separator)
  if (at < 0) return text.slice(1, -1)
  return end === "top" ? text.slice(1, at) : text.slice(at + separator.length, -1)
}
