import { createRoute } from "@hono/zod-openapi"
import { eq, sql } from "drizzle-orm"
import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core"
import type { PgRemoteDatabase } from "drizzle-orm/pg-proxy"
import type { BaseSQLiteDatabase } from "drizzle-orm/sqlite-core"
import { expectTypeOf, test } from "vitest"
import { admin, allow, type Db, route, routeOf, type WeirEnv } from "#weir"
import { items } from "../fixture/src/schema/items.ts"
import type * as vocabulary from "../fixture/src/schema/users.ts"
import * as saas from "../schemas/pg-saas/pg-saas.ts"
import * as mail from "../schemas/sqlite-mail/sqlite-mail.ts"

// What tsc says of these functions is the test; none of them is called.
const unused = (..._: unknown[]): void => {}
const get = createRoute({
  method: "get",
  path: "/x",
  middleware: allow(admin),
  responses: { 204: { description: "Nothing" } },
})

test("a schema of Postgres makes it Drizzle's database for Postgres", () => {
  const { people, studios } = saas
  const handler = routeOf<typeof saas>()(get, async (c) => {
    const { db } = c.var
    expectTypeOf(c.var.viewer.kind).toEqualTypeOf<"anonymous" | "user" | "admin">()
    const found = await db.query.studios.findMany({
      columns: { title: true },
      with: { seats: { with: { person: true } } },
    })
    expectTypeOf(found[0]?.seats[0]?.person.createdAt).toEqualTypeOf<Date | undefined>()
    expectTypeOf(found[0]?.title).toEqualTypeOf<string | undefined>()
    // @ts-expect-error Of a studio, only the title is selected.
    unused(found[0]?.payerRef)
    // @ts-expect-error There is no such relation.
    unused(db.query.studios.findMany({ with: { pets: true } }))
    // @ts-expect-error There is no such table.
    unused(db.query.pets)
    // @ts-expect-error It is no table.
    unused(db.query.Deed)
    // @ts-expect-error Its columns are not those.
    unused(db.insert(people).values({ mail: 1 }))
    // @ts-expect-error A table of SQLite.
    unused(db.insert(mail.persons))
    // @ts-expect-error `run` is SQLite's.
    unused(db.run(sql`select 1`))
    unused(db.selectDistinctOn([people.id]).from(people), db.refreshMaterializedView)
    expectTypeOf(await db.execute<{ n: number }>(sql`select 1 as n`)).toEqualTypeOf<{ n: number }[]>()
    const [rows, counted] = await db.batch((tx) => [
      tx.insert(people).values({ mail: "a", passwordHash: "b" }).returning(),
      tx.$count(studios),
    ])
    expectTypeOf(rows).toEqualTypeOf<saas.Person[]>()
    expectTypeOf(counted).toEqualTypeOf<number>()
    const [seats] = await db.batch([db.select().from(saas.seats), db.delete(people)])
    expectTypeOf(seats).toEqualTypeOf<saas.Seat[]>()
    expectTypeOf(await db.transaction(async () => 1)).toEqualTypeOf<never>()
    return c.body(null, 204)
  })
  unused(handler)
})

test("a schema of SQLite makes it Drizzle's database for SQLite", () => {
  const { persons } = mail
  const handler = routeOf<typeof mail>()(get, async (c) => {
    const { db } = c.var
    const found = await db.query.persons.findFirst({ with: { duties: { with: { duty: true } } } })
    expectTypeOf(found?.duties[0]?.duty.createdAt).toEqualTypeOf<Date | null | undefined>()
    expectTypeOf(found?.mailConfirmed).toEqualTypeOf<Date | null | undefined>()
    // @ts-expect-error There is no such relation.
    unused(db.query.persons.findMany({ with: { pets: true } }))
    // @ts-expect-error `execute` is Postgres's.
    unused(db.execute(sql`select 1`))
    const row = await db.select().from(persons).where(eq(persons.id, "a")).get()
    expectTypeOf(row?.name).toEqualTypeOf<string | null | undefined>()
    unused(await db.run(sql`select 1`), await db.all(sql`select 1`), await db.values(sql`select 1`))
    const [rows, counted] = await db.batch((tx) => [
      tx.insert(persons).values({}).returning(),
      tx.$count(persons),
    ])
    expectTypeOf(rows[0]?.id).toEqualTypeOf<string | undefined>()
    expectTypeOf(counted).toEqualTypeOf<number>()
    const [listed] = await db.batch([db.select().from(persons), db.delete(persons)])
    expectTypeOf(listed[0]?.name).toEqualTypeOf<string | null | undefined>()
    expectTypeOf(await db.transaction(async () => 1)).toEqualTypeOf<never>()
    return c.body(null, 204)
  })
  unused(handler)
})

test("the vocabulary is typed as SQLite's on both dialects, and without a schema it is what both have", () => {
  const handler = route(get, async (c) => {
    const { db } = c.var
    const [row] = await db.select().from(items).where(eq(items.id, 1))
    expectTypeOf(row?.title).toEqualTypeOf<string | undefined>()
    expectTypeOf(await db.$count(items)).toEqualTypeOf<number>()
    const some = db.$with("some").as(db.select().from(items))
    unused(db.with(some).select().from(some))
    const [made] = await db.batch((tx) => [
      tx.insert(items).values({ title: "a", price: 1, owner_id: 1 }).returning(),
    ])
    expectTypeOf(made[0]?.price).toEqualTypeOf<number | undefined>()
    // @ts-expect-error There is no such column.
    unused(db.insert(items).values({ title: "a", price: 1, owner_id: 1, colour: "red" }))
    // @ts-expect-error Relational queries need a schema.
    unused(db.query)
    // @ts-expect-error Postgres has no such method.
    unused(db.run(sql`select 1`))
    return c.body(null, 204)
  })
  const withSchema = routeOf<typeof vocabulary>()(get, async (c) => {
    const found = await c.var.db.query.users.findMany({ columns: { email: true } })
    expectTypeOf(found).toEqualTypeOf<{ email: string }[]>()
    return c.body(null, 204)
  })
  unused(handler, withSchema)
})

test("functions that take Drizzle's own types take it", () => {
  const ofPostgres = (db: PgDatabase<PgQueryResultHKT, typeof saas>) => db.query.people.findMany()
  const ofRemote = (db: PgRemoteDatabase<typeof saas>) => db.select().from(saas.people)
  const ofSqlite = (db: BaseSQLiteDatabase<"async", unknown, typeof mail>) => db.query.persons.findMany()
  unused((pg: Db<typeof saas>, sqlite: Db<typeof mail>) => {
    unused(ofPostgres(pg), ofRemote(pg), ofSqlite(sqlite))
    // @ts-expect-error It is SQLite's.
    unused(ofPostgres(sqlite))
  })
  expectTypeOf<WeirEnv<typeof saas>["Variables"]["db"]>().toEqualTypeOf<Db<typeof saas>>()
})
