import "#fresh"
import { sql } from "drizzle-orm"
import { index, pgTable, serial, timestamp, uuid, varchar } from "drizzle-orm/pg-core"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { walk } from "../support/paging.ts"
import { tablesOf } from "./support/facts.ts"
import { dialect, type PeoplesSchema } from "./support/schemas.ts"
import { type Served, serve } from "./support/served.ts"

const events = pgTable(
  "events",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    label: varchar("label", { length: 20 }).notNull(),
    createdAt: timestamp("created_at").notNull().defaultNow(),
    seenAt: timestamp("seen_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [index("events_created_idx").on(t.createdAt)],
)
const visits = pgTable("visits", {
  id: serial("id").primaryKey(),
  createdAt: timestamp("created_at").defaultNow(),
})

const module = { events, visits }
const schema: PeoplesSchema = {
  name: "transactions",
  dialect: "postgres",
  module,
  rows: {},
  tables: tablesOf(module),
  hidden: {},
}

/** 100 transactions of 100 rows each: the rows of one have one time, to the microsecond. */
const insertion = (
  n: number,
) => `insert into events (label) select 'e' || (${n} * 100 + i) from generate_series(1, 100) i;
  insert into visits (id) select nextval('visits_id_seq') from generate_series(1, 100)`

describe.runIf(dialect === "postgres")("10,000 rows of 100 transactions, each of one time", () => {
  let served: Served
  beforeAll(async () => {
    served = await serve(schema)
    const client = served.database.connect()
    for (let n = 0; n < 100; n++)
      await client.batch(
        insertion(n)
          .split(";")
          .map((text) => ({ text, params: [] })),
      )
    await client.close?.()
  })
  afterAll(() => served.close())

  test.each([
    ["events", "createdAt"],
    ["events", "-createdAt"],
    ["events", "seenAt"],
    ["visits", "-createdAt"],
  ])("%s by %s: a page by cursor has each row once, both ways", async (name, sort) => {
    const { forward, backward } = await walk(served, `/${name}?limit=211&sort=${sort}`)
    expect(forward).toHaveLength(10_000)
    expect(new Set(forward.map(({ id }) => id)).size).toBe(10_000)
    expect(backward.map(({ id }) => id)).toEqual(forward.map(({ id }) => id))
    const property = sort.replace(/^-|,.*/g, "")
    const times = forward.map((row) => row[property] as string)
    expect(times).toEqual(sort.startsWith("-") ? [...times].sort().reverse() : [...times].sort())
    expect(times[0]).toMatch(/\.\d{6}Z$/)
    const [{ n }] = (await served.db
      .select({ n: sql`count(distinct ${name === "events" ? events.createdAt : visits.createdAt})` })
      .from(name === "events" ? events : visits)) as [{ n: string }]
    expect(Number(n)).toBe(100)
  })
})
