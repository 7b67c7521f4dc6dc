import { invalid } from "../problem.ts"
import { encodeCursor, isPart, type Position, shortCursor } from "../query/cursor.ts"
import { type ListQuery, type SortKey, sortText } from "../query/query.ts"
import { hasCursors } from "../resource/key.ts"
import type { Page } from "./page.ts"

/** What cursors are made of. */
interface Positioned extends Pick<ListQuery, "resource" | "sort"> {
  /** Whether no text is cut: a group cannot be looked up by its key, as a row can. */
  whole?: boolean
}

/** What links are made of. */
type Linked = Positioned & Pick<ListQuery, "viewer" | "from" | "limit" | "skipWithin">

export interface LinkSearch {
  /** Of the first page. */
  first: string
  /** Of the others, up to the name of the cursor's parameter. */
  prefix: string
}

/** Longest header with more than one link. The headers of a response stay below 4 KiB then. */
const maxLength = 3_000
/** Longest query string of a list: clients such as Node refuse headers of more than 16 KiB. */
const maxSearchLength = 12_000

/** A longer query string keeps its spelling: encoded anew, a list of values has three characters for each comma. */
const maxEncodedLength = 1_000

/**
 * The query strings of a list's other pages: the caller's own, without `after`, `before` and `skip`. Throws a 422
 * where no link with it could be followed.
 */
export function linkSearch(search: string): LinkSearch {
  const kept = search.slice(1).split("&").filter(isKept).join("&")
  let rest = new URLSearchParams(kept).toString()
  if (rest.length > maxEncodedLength) rest = kept.replace(notInQuery, encodeURIComponent)
  if (rest.length > maxSearchLength)
    throw invalid(`The query string is longer than ${maxSearchLength} characters`, [])
  return { first: rest ? `?${rest}` : "", prefix: rest ? `?${rest}&` : "?" }
}

/** What may not stand in a query string as it is (RFC 3986, 3.4). */
const notInQuery = /[^\w\-.~!$&'()*+,;=:@/?%]/gu

/** Whether a parameter is part of the links: by its name, which may be percent-encoded. */
function isKept(parameter: string): boolean {
  if (parameter === "") return false
  const [name] = new URLSearchParams(parameter).keys()
  return name !== "after" && name !== "before" && name !== "skip"
}

/**
 * The `Link` header of a page (RFC 8288): `first`, and `prev` and `next` where there are such pages. A cursor is
 * base64url, which a URL takes as it is. Where they are too long together, `first` is left out, and then all but the
 * link that goes on in the direction of the page itself.
 */
export function linksOf(path: string, search: LinkSearch, query: Linked, page: Page, skip = 0): string {
  const first = `<${path}${search.first}>; rel="first"`
  if (!hasCursors(query.resource, query.viewer)) return first + skipLinks(path, search, query, page, skip)
  if (page.rows === 0) return first
  const link = (relation: string, name: "after" | "before", end: "top" | "bottom") => {
    const cursor = cursorOf(query, page, end)
    const where = cursor === undefined ? besideLink(query, page, name, skip) : `${name}=${cursor}`
    return `<${path}${search.prefix}${where}>; rel="${relation}"`
  }
  const { cursor } = query.from
  const backwards = cursor === "before"
  let links = first
  let further = ""
  const add = (text: string) => {
    links += `, ${text}`
    further += further ? `, ${text}` : text
  }
  const prev = backwards ? page.more : cursor === "after" || query.skipWithin !== undefined
  const next = backwards || page.more
  if (prev) add(link("prev", "before", "top"))
  if (next) add(link("next", "after", "bottom"))
  if (links.length <= maxLength) return links
  if (further && further.length <= maxLength) return further
  if (backwards ? prev : !next && prev) return link("prev", "before", "top")
  return next ? link("next", "after", "bottom") : first
}

/**
 * The cursor of the first or last row of a page; undefined where its key is too long for one, or where it has a value that
 * its column should not hold, as another program may have written it: such a cursor would be refused.
 */
export function cursorOf(
  { resource, sort, whole }: Positioned,
  page: Page,
  end: "top" | "bottom",
): string | undefined {
  const isKey = (key: number) => resource.keys.includes(sort[key]?.field.name ?? "")
  const isCuttable = (key: number) => !whole && !isKey(key)
  const position = page.position(end).map((value, i) => shortDigits((sort[i] as SortKey).field, value))
  const isOdd = position.some(
    (value, i) =>
      !isPart((sort[i] as SortKey).field, value, isKey(i)) ||
      (isKey(i) && typeof value === "string" && value.includes("\ufffd")),
  )
  return isOdd ? undefined : shortCursor(sortText(sort), position, isCuttable)
}

/** An integer that JavaScript keeps as a number, on every database: some have the digits of all of a column as text. */
function shortDigits({ spec }: SortKey["field"], value: Position[number]): Position[number] {
  if (typeof value !== "string" || (spec.type !== "id" && spec.type !== "integer")) return value
  return Number.isSafeInteger(Number(value)) && value !== "" ? Number(value) : value
}

/** Where a page begins whose neighbour no cursor can name: as many rows from where this page begins. */
function besideLink(
  { from, sort, limit }: Linked,
  { rows }: Page,
  name: "after" | "before",
  skip: number,
): string {
  const back = Math.max(0, skip - limit)
  if (from.cursor === "start") return `skip=${name === "after" ? skip + rows : back}`
  const { cursor, position, inclusive } = from
  const onwards = name === cursor
  const [way, beside] =
    onwards || skip
      ? [cursor, { skip: onwards ? skip + rows : back, inclusive }]
      : [name, { inclusive: !inclusive }]
  return `${way}=${encodeCursor(sortText(sort), position, beside)}`
}

/** The links of a list whose rows no cursor may tell apart: it has no key, or one that its viewer may not see. */
function skipLinks(path: string, search: LinkSearch, { limit }: Linked, page: Page, skip: number): string {
  const link = (rel: string, rows: number) => `, <${path}${search.prefix}skip=${rows}>; rel="${rel}"`
  const prev = skip > 0 ? link("prev", Math.max(0, skip - limit)) : ""
  return prev + (page.more ? link("next", skip + limit) : "")
}
