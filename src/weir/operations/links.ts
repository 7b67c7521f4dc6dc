import { encodeCursor, type Position } from "../query/cursor.ts"
import { type ListQuery, sortText } from "../query/query.ts"
import type { Page } from "./page.ts"

/** The query string of the other pages of a list: the caller's own without the place, up to the place. */
export function linkSearch(search: string): { first: string; place: string } {
  const rest = new URLSearchParams(search)
  for (const name of ["after", "before", "skip"]) rest.delete(name)
  return { first: rest.size ? `?${rest}` : "", place: rest.size ? `?${rest}&` : "?" }
}

/**
 * The `Link` header of a page (RFC 8288): `first`, and `prev` and `next` where there are such pages. A
 * cursor is base64url, which a URL takes as it is.
 */
export function linksOf(
  path: string,
  search: { first: string; place: string },
  query: ListQuery,
  page: Page,
): string {
  let links = `<${path}${search.first}>; rel="first"`
  const add = (relation: string, name: string, place: Position) => {
    const cursor = encodeCursor(sortText(query.sort), place)
    links += `, <${path}${search.place}${name}=${cursor}>; rel="${relation}"`
  }
  if (page.rows === 0) return links
  const { cursor } = query.from
  const backwards = cursor === "before"
  if (backwards ? page.more : cursor === "after" || query.skip) add("prev", "before", page.place("top"))
  if (backwards || page.more) add("next", "after", page.place("bottom"))
  return links
}
