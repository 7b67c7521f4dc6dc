import postgresJs from "postgres"
import { openDatabase } from "../../src/weir/runtime/database.ts"
import { parseEnv } from "../../src/weir/runtime/settings.ts"
import { makeDatabase, seed } from "../databases.ts"
import { fire } from "../load.ts"
import { median } from "../report.ts"
import type { Dialect } from "../routes.ts"
import { startServer } from "../servers.ts"

/** The smallest ratio of a table with a uuid key and names in camelCase to that of the vocabulary. */
const bar = 0.95

/** The key of the row that an item became. */
const keyOf = (item: number): string => `00000000-0000-7000-8000-${String(item).padStart(12, "0")}`

const columns = `"id", "title", "description", "price", "ownerId", "createdAt", "updatedAt"`
const values = (key: string) => `${key}, title, description, price, owner_id, created_at, updated_at`

const onPostgres = [
  `create table "Entry" ("id" uuid primary key default gen_random_uuid(), "title" text not null, "description" text, "price" double precision not null, "ownerId" integer not null, "createdAt" timestamp (3) with time zone not null default now(), "updatedAt" timestamp (3) with time zone not null default now())`,
  `insert into "Entry" (${columns}) select ${values("('00000000-0000-7000-8000-' || lpad(id::text, 12, '0'))::uuid")} from items order by id`,
  `analyze "Entry"`,
]
const onSqlite = [
  `create table "Entry" ("id" text primary key not null, "title" text not null, "description" text, "price" real not null, "ownerId" integer not null, "createdAt" text(24) not null, "updatedAt" text(24) not null)`,
  `insert into "Entry" (${columns}) select ${values("printf('00000000-0000-7000-8000-%012d', id)")} from items order by id`,
]

/** Copies the items of a database to a table that no migration of Weir's made. */
export async function copyItems(dialect: Dialect, url: string): Promise<void> {
  if (dialect === "postgres") {
    const sql = postgresJs(url, { max: 1, onnotice: () => {} })
    for (const statement of onPostgres) await sql.unsafe(statement)
    await sql.end()
    return
  }
  const database = await openDatabase(parseEnv({ DATABASE_URL: url }))
  await database.connect().batch(onSqlite.map((text) => ({ text, params: [] })))
  await database.close()
}

const pairs: [label: string, own: string, vocabulary: string][] = [
  ["one row", `/entries/${keyOf(500)}`, "/items/500"],
  ["100 rows", "/entries?limit=100", "/items?limit=100"],
  [
    "a filtered, sorted page",
    "/entries?price[gte]=10&sort=-price&limit=100",
    "/items?price[gte]=10&sort=-price&limit=100",
  ],
]

type Effort = { seconds: number; rounds: number }

/** Fills a database, and measures tables of a team's own on it. */
export async function benchOwnTablesAlone(dialect: Dialect, effort: Effort): Promise<void> {
  const url = await makeDatabase(dialect, seed)
  await benchOwnTables(dialect, url, await startServer("product", url, { CACHE: "off" }), effort)
}

/**
 * Measures a table of a team's own, with a uuid as its key, names in camelCase and text without bounds, beside the same
 * rows in a table of the vocabulary, in turns, on one database. Each goes first in every other turn, since what else the
 * machine does comes and goes within seconds.
 */
export async function benchOwnTables(
  dialect: Dialect,
  url: string,
  product: string,
  { seconds, rounds }: Effort,
): Promise<void> {
  await copyItems(dialect, url)
  const own = await startServer("own", url, { CACHE: "off" })
  for (const [label, ofOwn, ofVocabulary] of pairs) {
    const fired = { method: "GET", token: "" } as const
    const perSecond = (isOwn: boolean, time: number) =>
      isOwn
        ? fire({ ...fired, path: ofOwn, origin: own }, time)
        : fire({ ...fired, path: ofVocabulary, origin: product }, time)
    for (const isOwn of [true, false]) await perSecond(isOwn, 1)
    const ratios: number[] = []
    for (let turn = 0; turn < 4 * rounds; turn++) {
      const first = await perSecond(turn % 2 === 0, seconds)
      const second = await perSecond(turn % 2 === 1, seconds)
      ratios.push(turn % 2 === 0 ? first / second : second / first)
    }
    const ratio = median(ratios)
    console.log(
      `Own table with a uuid key, ${label}, beside the vocabulary's: ${ratio.toFixed(2)} (bar ${bar.toFixed(2)}) ${ratio >= bar ? "ok" : "MISSED"}`,
    )
  }
}
