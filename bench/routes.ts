import type { ServerName } from "./servers.ts"

/** A measured route, and how fast the product must be beside the other two. */
export interface Route {
  label: string
  method: "GET" | "POST"
  path: string
  /** Least share of the floor's requests/s, by dialect. */
  floorBar: Record<Dialect, number>
  /** Least multiple of the ordinary way's requests/s: at least this, or more than it where it is 1. */
  ordinaryBar: number
}

export type Dialect = "sqlite" | "postgres"

const both = (bar: number): Route["floorBar"] => ({ sqlite: bar, postgres: bar })
const get = (label: string, path: string, floorBar: number, ordinaryBar: number): Route => ({
  label,
  method: "GET",
  path,
  floorBar: both(floorBar),
  ordinaryBar,
})

export const reads: Route[] = [
  get("one item", "/items/500", 0.6, 3),
  get("100 items", "/items?limit=100", 0.85, 1),
  get("a user with items", "/users/500", 0.85, 3),
  get("100 items, each with its owner", "/items?limit=100&include=owner", 0.85, 3),
  get("a filtered, sorted page", "/items?price[gte]=10&sort=-price&limit=100", 0.85, 1),
]

/** Measured last, so that every read sees the seeded rows and no others. */
export const create: Route = {
  label: "create an item",
  method: "POST",
  path: "/items",
  // The floor commits each insert by itself on the file; writes that wait together can share a commit.
  floorBar: { sqlite: 2, postgres: 0.6 },
  ordinaryBar: 1,
}

/** What the HTTP server alone can do, with no database behind it. Only the floor has it. */
export const hello: Route = { ...get("hello", "/hello", 0, 0) }
/** What the product can do with no database behind it, with its id, its log and its headers. */
export const health: Route = { ...get("health", "/health", 0, 0) }
/** Least share of that for one item from the cache in memory, and of `CACHE=off` where Redis is away. */
export const [hitBar, awayBar] = [0.85, 0.9]

/** Who signs in for the create: the first user. */
export const account = { id: 1, email: "ann@example.com", password: "correct horse battery" }
/** Who may change every item: made by the product at its start. */
export const administrator = { email: "root@example.com", password: "correct horse battery" }
/** The body of the create: cheaper than the filtered page's bound, and with two decimals. */
export const newItem = { title: "Bench", price: 9.99 }

/** Requests/s of a route: one figure per round and server. */
export type Figures = Record<ServerName, number[]>
