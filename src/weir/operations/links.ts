import { encodeCursor, type Position } from "../query/cursor.ts"
import { type ListQuery, sortText } from "../query/query.ts"
import type { Page } from "./page.ts"

export interface LinkSearch {
  /** Of the first page. */
  first: string
  /** Of the others, up to the name of the cursor's parameter. */
  prefix: string
}

/** The query strings of a list's other pages: the caller's own, without `after`, `before` and `skip`. */
export function linkSearch(search: string): LinkSearch {
  const rest = new URLSearchParams(search)
  for (const name of ["after", "before", "skip"]) rest.delete(name)
  return { first: rest.size ? `?${rest}` : "", prefix: rest.size ? `?${rest}&` : "?" }
}

/**
 * The `Link` header of a page (RFC 8288): `first`, and `prev` and `next` where there are such pages. A
 * cursor is base64url, which a URL takes as it is.
 */
export function linksOf(path: string, search: LinkSearch, query: ListQuery, page: Page): string {
  let links = `<${path}${search.first}>; rel="first"`
  const add = (relation: string, name: string, position: Position) => {
    const cursor = encodeCursor(sortText(query.sort), position)
    links += `, <${path}${search.prefix}${name}=${cursor}>; rel="${relation}"`
  }
  if (page.rows === 0) return links
  const { cursor } = query.from
  const backwards = cursor === "before"
  if (backwards ? page.more : cursor === "after" || query.skip) add("prev", "before", page.position("top"))
  if (backwards || page.more) add("next", "after", page.position("bottom"))
  return links
}
