import type { ByServer } from "./servers.ts"

/** A measured route, with the bars for the product against the floor and the ordinary server. */
export interface Route {
  label: string
  method: "GET" | "POST"
  path: string
  /** The smallest ratio to the floor's requests/s, by dialect. */
  floorBar: Record<Dialect, number>
  /** The smallest ratio to the ordinary server's requests/s. For 1, the product must be strictly faster. */
  ordinaryBar: number
  /** The smallest ratio to the plain statements' requests/s on Postgres, where there is one. */
  plainBar?: number
}

export type Dialect = "sqlite" | "postgres"

const both = (bar: number): Route["floorBar"] => ({ sqlite: bar, postgres: bar })
const get = (
  label: string,
  path: string,
  floorBar: number,
  ordinaryBar: number,
  plainBar?: number,
): Route => ({
  label,
  method: "GET",
  path,
  floorBar: both(floorBar),
  ordinaryBar,
  ...(plainBar === undefined ? {} : { plainBar }),
})

export const reads: Route[] = [
  get("one item", "/items/500", 0.6, 3),
  get("100 items", "/items?limit=100", 0.85, 1),
  get("100 items by skip", "/items?limit=100&skip=200", 0.85, 1, 0.85),
  get("a user with items", "/users/500", 0.85, 3, 0.9),
  get("100 items, each with its owner", "/items?limit=100&include=owner", 0.85, 3),
  get("a filtered, sorted page", "/items?price[gte]=10&sort=-price&limit=100", 0.85, 1),
]

/** The create. It is measured last, so that every read sees only the seeded rows. */
export const create: Route = {
  label: "create an item",
  method: "POST",
  path: "/items",
  // On the file, the floor commits each insert by itself, while the product's queued writes share a commit.
  floorBar: { sqlite: 2, postgres: 0.6 },
  ordinaryBar: 1,
  plainBar: 0.8,
}

/** A route without a database that only the floor has: it measures the HTTP server alone. */
export const hello: Route = { ...get("hello", "/hello", 0, 0) }
/** A route of the product without a database: it measures the HTTP server, request ids, log and headers. */
export const health: Route = { ...get("health", "/health", 0, 0) }
/**
 * The smallest ratios to `health` for one item from the cache in memory, and to `CACHE=off` for one item while Redis is
 * unreachable.
 */
export const [hitBar, awayBar] = [0.85, 0.9]

/** The account that signs in for the create: the first user. */
export const account = { id: 1, email: "ann@example.com", password: "correct horse battery" }
/** The account that may change every item: the first admin, which the product creates at its start. */
export const administrator = { email: "root@example.com", password: "correct horse battery" }
/** The body of the create. Its price is below the filtered page's bound and has two decimals. */
export const newItem = { title: "Bench", price: 9.99 }

/** The measured requests/s of a route, by server: one figure per round. */
export type Figures = ByServer<number[]>
