import type { Sent } from "./connection.ts"
import { colorOf, documentKey, rowCount, widthsFrom, wordsOf } from "./rows.ts"

/** Two requests that are compared, and the greatest ratio of their times; without one, the ratio is reported only. */
export interface Comparison {
  label: string
  bar?: number
  own(n: number): Sent
  /** The same of the table; or the name of a hand-written statement. */
  other: ((n: number) => Sent) | string
}

const get = (path: string): Sent => ({ method: "GET", path })

/** Items spread over the whole table, each time another. */
const itemOf = (n: number): number => ((n * 7_919) % rowCount) + 1

/** How many rows a range of widths holds. */
const rangeRows = 50

const range = (place: string, n: number): Sent => {
  const [least, below] = widthsFrom(itemOf(n), rangeRows)
  return get(`?${place}[gte]=${least}&${place}[lt]=${below}`)
}
const within = (path: string, { path: search, ...sent }: Sent): Sent => ({ ...sent, path: path + search })

const tree = {
  or: [{ price: { lt: 5 } }, { color: "color7" }, { owner: { email: "user77@example.com" } }],
}

/** What a document costs beside an item. */
const besideItems: Comparison[] = [
  {
    label: "documents of a color",
    bar: 1.5,
    own: (n) => get(`/documents?color=${colorOf(n)}`),
    other: (n) => get(`/items?color=${colorOf(n)}`),
  },
  {
    label: "documents within a range",
    bar: 1.5,
    own: (n) => within("/documents", range("size.width", n)),
    other: (n) => within("/items", range("width", n)),
  },
  {
    label: "documents sorted by a place",
    bar: 1.5,
    own: () => get("/documents?sort=size.width&limit=100"),
    other: () => get("/items?sort=width&limit=100"),
  },
  {
    label: "one document",
    bar: 1.1,
    own: (n) => get(`/documents/${documentKey(itemOf(n))}`),
    other: (n) => get(`/items/${itemOf(n)}`),
  },
]

/** Groups of all rows, and a tree, beside statements that are written by hand. */
const besideStatements: Comparison[] = [
  {
    label: "groups by a reference",
    bar: 1.2,
    own: () => get("/items?aggregate=count,sum(price)&group=owner_id&limit=1000"),
    other: "by-owner",
  },
  {
    label: "groups by the month",
    bar: 1.2,
    own: () => get("/items?aggregate=count,sum(price)&group=created_at:month"),
    other: "by-month",
  },
  {
    label: "groups by a place",
    own: () => get("/documents?aggregate=count,sum(price)&group=color&limit=1000"),
    other: "by-color",
  },
  {
    label: "a tree of three, one of another table",
    own: () => get(`/items?filter=${encodeURIComponent(JSON.stringify(tree))}`),
    other: "tree",
  },
]

/** Searches, and the most milliseconds that one may take. */
export const searches: { label: string; barMs?: number; request(n: number): Sent }[] = [
  {
    label: "a search of two words of 1 %",
    barMs: 10,
    request: (n) => get(`/items?limit=20&q=${wordsOf(itemOf(n)).join("+")}`),
  },
  { label: "a search of a word of 1 %", request: (n) => get(`/items?limit=20&q=${wordsOf(itemOf(n))[0]}`) },
]

/** Writes, which come last: every read has the rows that were made at first. */
const written = (n: number) => ({ title: `Bench ${n}`, color: colorOf(n), price: 9.99 })
const writes: Comparison[] = [
  {
    label: "a document's create",
    own: (n) => ({
      method: "POST",
      path: "/documents",
      body: { ...written(n), size: { width: 1, height: 2 } },
    }),
    other: (n) => ({ method: "POST", path: "/items", body: { ...written(n), width: 1, height: 2 } }),
  },
  {
    label: "a document's merge patch",
    own: (n) => ({
      method: "PATCH",
      path: `/documents/${documentKey(rowCount)}`,
      body: { size: { width: n % 100 } },
    }),
    other: (n) => ({ method: "PATCH", path: `/items/${rowCount}`, body: { width: n % 100 } }),
  },
]

export const comparisons = { besideItems, besideStatements, writes }

/** Lists whose pages by cursor cost the same at the start and near the end. */
export const pagedLists = [
  "/items?limit=100",
  "/items?sort=width&limit=100",
  "/documents?limit=100",
  "/documents?sort=size.width&limit=100",
]
export const pagesBar = 1.2
