// First: in a worker it chooses the dialect, before anything loads a table.

import { and, asc, count, desc, eq, gt, inArray, is, relations, sql } from "drizzle-orm"
import { integer, PgDatabase, pgTable, union as pgUnion, pgView, text } from "drizzle-orm/pg-core"
import {
  BaseSQLiteDatabase,
  integer as sqliteInteger,
  sqliteTable,
  text as sqliteText,
  union as sqliteUnion,
  sqliteView,
} from "drizzle-orm/sqlite-core"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { fresh } from "#fresh"
import type { Casing } from "../../../src/weir/db/dialect/casing.ts"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import type { Client, Statement } from "../../../src/weir/db/driver.ts"
import { type Db, handleOf, handles } from "../../../src/weir/db/handle.ts"
import * as saas from "../schemas/pg-saas/pg-saas.ts"
import * as mail from "../schemas/sqlite-mail/sqlite-mail.ts"
import { createTables } from "../support/create-tables.ts"
import type { Fresh } from "../support/fresh.ts"

const isPostgres = dialectName === "postgres"
let w: Fresh
let client: Client
/** What the handle asked of its client: each read, and each batch of statements. */
let sent: ({ read: string } | { batch: string[] })[] = []
beforeAll(async () => {
  w = await fresh()
  const plain = w.database.connect()
  client = {
    query: (statement) => {
      sent.push({ read: statement.text })
      return plain.query(statement)
    },
    batch: (statements) => {
      sent.push({ batch: statements.map(({ text }) => text) })
      return plain.batch(statements)
    },
    ...(plain.close ? { close: plain.close } : {}),
  }
})
beforeEach(() => {
  sent = []
})
afterAll(async () => {
  await client.close?.()
  await w.close()
})

const dbOf = <S extends Record<string, unknown>>(schema: S, casing?: Casing): Db<S> =>
  handles({ schema, casing })(() => client) as unknown as Db<S>
const kindsOfSent = () => sent.map((one) => ("read" in one ? "read" : one.batch.length))

describe.runIf(isPostgres)("over a team's schema on Postgres", () => {
  const { people, studios, seats, invites } = saas
  const db = dbOf(saas)
  const joined = new Date("2025-03-30T01:02:03.000Z")

  beforeEach(async () => {
    await createTables(w.database, saas)
    await db.insert(people).values([
      { fullName: "Ann", mail: "ann@example.com", passwordHash: "x", createdAt: joined },
      { fullName: "Bob", mail: "bob@example.com", passwordHash: "y", createdAt: joined },
    ])
    await db.insert(studios).values({ title: "North" })
    await db.insert(seats).values([
      { personId: 1, studioId: 1, standing: "owner" },
      { personId: 2, studioId: 1, standing: "member" },
    ])
    await db.insert(invites).values({ studioId: 1, mail: "c@example.com", standing: "member", sentBy: 1 })
    sent = []
  })

  test("relational queries have relations within relations, filters, orders and extras, in one read", async () => {
    const found = await db.query.studios.findMany({
      columns: { title: true },
      with: {
        seats: {
          columns: { standing: true },
          where: gt(seats.id, 0),
          orderBy: (seat) => desc(seat.id),
          with: { person: { columns: { fullName: true, createdAt: true } } },
        },
        invites: { with: { sentBy: { columns: { mail: true } } } },
      },
      extras: { shout: sql<string>`upper(${studios.title})`.as("shout") },
    })
    expect(found).toMatchObject([
      {
        title: "North",
        shout: "NORTH",
        seats: [
          { standing: "member", person: { fullName: "Bob", createdAt: joined } },
          { standing: "owner", person: { fullName: "Ann", createdAt: joined } },
        ],
        invites: [{ mail: "c@example.com", sentBy: { mail: "ann@example.com" } }],
      },
    ])
    expect(found[0]?.invites[0]?.sentAt).toBeInstanceOf(Date)
    expect(await db.query.people.findFirst({ where: eq(people.mail, "nobody") })).toBeUndefined()
    expect(kindsOfSent()).toEqual(["read", "read"])
  })

  test("every kind of read is a read: counts, tables of one's own, unions, distinct, prepared, execute", async () => {
    expect(await db.$count(people)).toBe(2)
    expect(await db.$count(people, eq(people.fullName, "Ann"))).toBe(1)
    const counted = await db
      .select({ name: people.fullName, seats: db.$count(seats, eq(seats.personId, people.id)) })
      .from(people)
      .orderBy(people.id)
    expect(counted).toEqual([
      { name: "Ann", seats: 1 },
      { name: "Bob", seats: 1 },
    ])
    const owners = db.$with("owners").as(db.select().from(seats).where(eq(seats.standing, "owner")))
    expect(
      await db
        .with(owners)
        .select({ name: people.fullName })
        .from(people)
        .innerJoin(owners, eq(owners.personId, people.id)),
    ).toEqual([{ name: "Ann" }])
    const names = () => db.select({ name: people.fullName }).from(people)
    expect(await pgUnion(names(), db.select({ name: studios.title }).from(studios)).orderBy(sql`1`)).toEqual([
      { name: "Ann" },
      { name: "Bob" },
      { name: "North" },
    ])
    expect(await names().intersect(names().limit(1))).toHaveLength(1)
    expect(await db.selectDistinctOn([people.createdAt], { id: people.id }).from(people)).toHaveLength(1)
    const byId = db
      .select()
      .from(people)
      .where(eq(people.id, sql.placeholder("id")))
      .prepare("by_id")
    expect(await byId.execute({ id: 2 })).toMatchObject([{ fullName: "Bob" }])
    const first = db.query.people.findFirst({ where: eq(people.id, sql.placeholder("id")) }).prepare("first")
    expect(await first.execute({ id: 1 })).toMatchObject({ fullName: "Ann" })
    expect(await db.execute<{ n: string }>(sql`select count(*) as n from ${people}`)).toEqual([{ n: "2" }])
    expect(await db.execute("select 1 as one")).toEqual([{ one: 1 }])
    expect(names().toSQL()).toEqual({ sql: 'select "full_name" from "people"', params: [] })
    expect(new Set(kindsOfSent())).toEqual(new Set(["read"]))
  })

  test("joins tell columns of one name apart, and a missing row is null", async () => {
    const rows = await db
      .select()
      .from(people)
      .leftJoin(invites, eq(invites.sentBy, people.id))
      .orderBy(asc(people.id))
    expect(rows).toMatchObject([
      { people: { id: 1, mail: "ann@example.com" }, invites: { id: 1, mail: "c@example.com" } },
      { people: { id: 2, mail: "bob@example.com" }, invites: null },
    ])
  })

  test("writes return rows, resolve conflicts, and begin with tables of their own", async () => {
    const taken = { fullName: "Ann II", mail: "ann@example.com", passwordHash: "z" }
    expect(await db.insert(people).values(taken).onConflictDoNothing().returning()).toEqual([])
    expect(
      await db
        .insert(people)
        .values(taken)
        .onConflictDoUpdate({ target: people.mail, set: { fullName: sql`excluded.full_name` } })
        .returning({ id: people.id, name: people.fullName }),
    ).toEqual([{ id: 1, name: "Ann II" }])
    const owners = db.$with("keyed").as(db.select({ id: seats.personId }).from(seats).where(eq(seats.id, 1)))
    const renamed = await db
      .with(owners)
      .update(people)
      .set({ fullName: "Owner" })
      .where(inArray(people.id, sql`(select "person_id" from ${owners})`))
      .returning({ id: people.id })
    expect(renamed).toEqual([{ id: 1 }])
    const gone = db.$with("gone").as(db.delete(invites).where(eq(invites.id, 1)).returning())
    expect(await db.with(gone).select({ mail: gone.mail }).from(gone)).toEqual([{ mail: "c@example.com" }])
    expect(await db.$count(invites)).toBe(0)
    expect(kindsOfSent()).toEqual([1, 1, 1, 1, "read"])
  })

  test("views are selected from", async () => {
    const view = pgView("owners_view").as((qb) => qb.select({ name: people.fullName }).from(people))
    await db.execute(sql`create view owners_view as select full_name from people`)
    expect(await db.select().from(view).orderBy(view.name)).toEqual([{ name: "Ann" }, { name: "Bob" }])
    await db.execute(sql`drop view owners_view`)
    expect(kindsOfSent()).toEqual([1, "read", 1])
  })

  test("it is Drizzle's own database for whoever looks", () => {
    expect(is(db, PgDatabase)).toBe(true)
  })
})

describe.runIf(!isPostgres)("over a team's schema on SQLite", () => {
  const { persons, boxes, letters, machineKeys, duties, personDuties } = mail
  const db = dbOf(mail)
  const at = new Date("2025-03-30T01:02:03.004Z")

  beforeEach(async () => {
    await createTables(w.database, mail)
    await db.insert(persons).values([
      { id: "a", name: "Ann", mail: "ann@example.com", mailConfirmed: at },
      { id: "b", name: "Bob" },
    ])
    await db.insert(duties).values({ id: "d", title: "Rota" })
    await db.insert(personDuties).values({ personId: "a", dutyId: "d" })
    await db.insert(machineKeys).values({ personId: "a", label: "first", key: "k" })
    sent = []
  })

  test("relational queries have relations within relations, filters, orders and extras, in one read", async () => {
    const found = await db.query.persons.findMany({
      columns: { name: true, mailConfirmed: true },
      where: (person) => eq(person.id, "a"),
      with: {
        duties: { columns: {}, with: { duty: { columns: { title: true, createdAt: true } } } },
        machineKeys: { columns: { active: true, endsAt: true } },
      },
      extras: { shout: sql<string>`upper(${persons.name})`.as("shout") },
    })
    expect(found).toMatchObject([
      {
        name: "Ann",
        mailConfirmed: at,
        shout: "ANN",
        duties: [{ duty: { title: "Rota" } }],
        machineKeys: [{ active: true, endsAt: null }],
      },
    ])
    expect(found[0]?.duties[0]?.duty.createdAt).toBeInstanceOf(Date)
    expect(await db.query.persons.findFirst({ where: eq(persons.id, "c") })).toBeUndefined()
    expect(kindsOfSent()).toEqual(["read", "read"])
  })

  test("every kind of read is a read: counts, tables of one's own, unions, prepared, and by its method", async () => {
    expect(await db.$count(persons)).toBe(2)
    expect(await db.$count(persons, eq(persons.name, "Ann"))).toBe(1)
    const keyed = db.$with("keyed").as(db.select().from(machineKeys))
    expect(
      await db
        .with(keyed)
        .select({ name: persons.name })
        .from(persons)
        .innerJoin(keyed, eq(keyed.personId, persons.id)),
    ).toEqual([{ name: "Ann" }])
    const names = () => db.select({ name: persons.name }).from(persons)
    expect(
      await sqliteUnion(names(), db.select({ name: duties.title }).from(duties)).orderBy(sql`1`),
    ).toEqual([{ name: "Ann" }, { name: "Bob" }, { name: "Rota" }])
    const byId = db
      .select()
      .from(persons)
      .where(eq(persons.id, sql.placeholder("id")))
      .prepare()
    expect(await byId.execute({ id: "b" })).toMatchObject([{ name: "Bob" }])
    expect(await byId.get({ id: "a" })).toMatchObject({ name: "Ann", mailConfirmed: at })
    expect(await names().orderBy(asc(persons.id)).values()).toEqual([["Ann"], ["Bob"]])
    expect(await db.all(sql`select name from ${persons} order by name`)).toEqual([
      { name: "Ann" },
      { name: "Bob" },
    ])
    expect(await db.get(sql`select count(*) as n from ${persons}`)).toEqual({ n: 2 })
    expect(await db.values(sql`select name, id from ${persons} where id = ${"a"}`)).toEqual([["Ann", "a"]])
    expect(names().toSQL()).toMatchObject({ sql: 'select "name" from "person"', params: [] })
    expect(new Set(kindsOfSent())).toEqual(new Set(["read"]))
  })

  test("joins tell columns of one name apart, and a missing row is null", async () => {
    const rows = await db
      .select()
      .from(persons)
      .leftJoin(machineKeys, eq(machineKeys.personId, persons.id))
      .orderBy(asc(persons.id))
    expect(rows).toMatchObject([
      { person: { id: "a", name: "Ann" }, machine_keys: { label: "first", active: true } },
      { person: { id: "b", name: "Bob" }, machine_keys: null },
    ])
  })

  test("writes return rows, resolve conflicts, and begin with tables of their own", async () => {
    const taken = { id: "x", name: "Ann II", mail: "ann@example.com" }
    expect(await db.insert(persons).values(taken).onConflictDoNothing().returning()).toEqual([])
    expect(
      await db
        .insert(persons)
        .values(taken)
        .onConflictDoUpdate({ target: persons.mail, set: { name: sql`excluded.name` } })
        .returning({ id: persons.id, name: persons.name }),
    ).toEqual([{ id: "a", name: "Ann II" }])
    const keyed = db.$with("keyed").as(db.select({ id: machineKeys.personId }).from(machineKeys))
    const renamed = await db
      .with(keyed)
      .update(persons)
      .set({ name: "Keyed" })
      .where(inArray(persons.id, sql`(select "person_id" from ${keyed})`))
      .returning({ id: persons.id })
    expect(renamed).toEqual([{ id: "a" }])
    await db.run(sql`delete from ${boxes}`)
    await db.delete(letters).run()
    expect(await db.delete(machineKeys).returning().get()).toMatchObject({ label: "first" })
    expect(kindsOfSent()).toEqual([1, 1, 1, 1, 1, 1])
  })

  test("views are selected from", async () => {
    const view = sqliteView("names").as((qb) => qb.select({ name: persons.name }).from(persons))
    await db.run(sql`create view names as select name from person`)
    expect(await db.select().from(view).orderBy(view.name)).toEqual([{ name: "Ann" }, { name: "Bob" }])
    await db.run(sql`drop view names`)
    expect(kindsOfSent()).toEqual([1, "read", 1])
  })

  test("it is Drizzle's own database for whoever looks", () => {
    expect(is(db, BaseSQLiteDatabase)).toBe(true)
  })
})

// One schema of either dialect, typed as SQLite's.
const pgNotes = pgTable("notes", { id: integer("id").primaryKey(), text: text("text").notNull() })
const sqliteNotes = sqliteTable("notes", {
  id: sqliteInteger("id").primaryKey(),
  text: sqliteText("text").notNull(),
})
const notes = isPostgres ? (pgNotes as unknown as typeof sqliteNotes) : sqliteNotes
/** What a module may export beside: a namespace has no prototype. */
const rest = {
  namespace: Object.freeze(Object.create(null)),
  state: "open",
  make: () => notes,
  nothing: null,
}
const noted = { notes, notesRelations: relations(notes, () => ({})), ...rest }

describe("a batch", () => {
  const db = dbOf(noted)
  const texts = async () => (await db.select().from(notes).orderBy(notes.id)).map(({ text }) => text)
  beforeEach(async () => {
    await createTables(w.database, { notes })
    sent = []
  })

  test("of a function, or of a list: one transaction, each query's own result", async () => {
    const [first, , counted, found] = await db.batch((tx) => [
      tx.insert(notes).values({ id: 1, text: "one" }).returning(),
      tx.insert(notes).values({ id: 2, text: "two" }),
      tx.$count(notes),
      tx.query.notes.findFirst({ where: eq(notes.id, 2) }),
    ])
    expect([first, counted, found]).toEqual([[{ id: 1, text: "one" }], 2, { id: 2, text: "two" }])
    const [changed, all] = await db.batch([
      db.update(notes).set({ text: "2" }).where(eq(notes.id, 2)).returning({ text: notes.text }),
      db.select().from(notes).orderBy(notes.id),
    ])
    expect(changed).toEqual([{ text: "2" }])
    expect(all.map(({ text }) => text)).toEqual(["one", "2"])
    expect(kindsOfSent()).toEqual([4, 2])
    expect(await db.batch([])).toEqual([])
  })

  test("that fails leaves nothing behind, and says why", async () => {
    const failing = db.batch([
      db.insert(notes).values({ id: 1, text: "one" }),
      db.insert(notes).values({ id: 1, text: "again" }),
    ])
    await expect(failing).rejects.toThrow(/notes/)
    expect(await texts()).toEqual([])
  })

  test("lets other queries of the handle run by themselves", async () => {
    const batch = db.batch((tx) => [
      tx.insert(notes).values({ id: 1, text: "one" }),
      tx.insert(notes).values({ id: 2, text: "two" }),
    ])
    const other = db.insert(notes).values({ id: 3, text: "three" })
    await Promise.all([batch, other])
    expect(await texts()).toEqual(["one", "two", "three"])
    expect(kindsOfSent()).toEqual([2, 1, "read"])
  })

  test("refuses what it cannot hold: another batch, a query that runs already, one of another request", async () => {
    const insert = (id: number) => db.insert(notes).values({ id, text: String(id) })
    await expect(db.batch((tx) => [tx.batch([insert(1)])])).rejects.toThrow("cannot hold another")
    expect(kindsOfSent()).toEqual([])
    const running = insert(2).then(() => {})
    await expect(db.batch([insert(3), running])).rejects.toThrow("of 2, 1 are")
    await expect(db.batch([insert(4), Promise.resolve()])).rejects.toThrow("of 2, 1 are")
    const other = dbOf(noted).insert(notes).values({ id: 5, text: "5" })
    await expect(db.batch([insert(6), other])).rejects.toThrow("of 2, 1 are")
    await running
    expect(await texts()).toEqual(["2", "5"])
    // The handle goes on.
    await db.batch([insert(7), insert(8)])
    expect(await texts()).toEqual(["2", "5", "7", "8"])
  })

  test("is what a transaction is refused for, in one line", async () => {
    const said = await db.transaction(async () => {}).catch((error: Error) => error.message)
    expect(said).toMatch(/^c\.var\.db has no transaction\(\).*db\.batch\(/)
    expect(said).not.toContain("\n")
    expect(sent).toEqual([])
  })

  test.runIf(!isPostgres)("tells columns of one name apart, or says that D1 cannot", async () => {
    await db.insert(notes).values({ id: 1, text: "one" })
    const join = db.select().from(notes).innerJoin(sql`(select 1 as x) t`, sql`true`)
    const twice = db.select({ a: notes.text, b: { c: notes.text } }).from(notes)
    const batch = db.batch([twice, join, db.select({ n: count() }).from(notes)])
    if (w.driver === "workerd-d1")
      await expect(batch).rejects.toMatchObject({ cause: { message: expect.stringMatching(/^D1 gives/) } })
    else
      expect(await batch).toMatchObject([
        [{ a: "one", b: { c: "one" } }],
        [{ notes: { id: 1, text: "one" } }],
        [{ n: 1 }],
      ])
  })
})

describe("casing", () => {
  test.each<[Casing, string]>([
    ["snake_case", "written_at"],
    ["camelCase", "writtenAt"],
  ])("%s names the columns that have no name", async (casing, name) => {
    const columns = { id: sqliteInteger().primaryKey(), writtenAt: sqliteText() }
    const cased = isPostgres
      ? (pgTable("cased", { id: integer().primaryKey(), writtenAt: text() }) as unknown as ReturnType<
          typeof make
        >)
      : make()
    function make() {
      return sqliteTable("cased", columns)
    }
    await client.batch(
      ["drop table if exists cased", `create table cased (id integer primary key, "${name}" text)`].map(
        (statement): Statement => ({ text: statement, params: [] }),
      ),
    )
    const db = dbOf({ cased }, casing)
    await db.insert(cased).values({ id: 1, writtenAt: "now" })
    const where = and(eq(cased.id, 1), eq(cased.writtenAt, "now"))
    expect(await db.select().from(cased).where(where)).toEqual([{ id: 1, writtenAt: "now" }])
    expect(await db.query.cased.findMany({ where })).toEqual([{ id: 1, writtenAt: "now" }])
  })
})

test("a client is called for with each query, and never before", async () => {
  await createTables(w.database, { notes })
  let calls = 0
  const db = handleOf(() => {
    calls++
    return client
  })
  const query = db.select().from(notes)
  const batch = [db.insert(notes).values({ id: 1, text: "one" })]
  expect(calls).toBe(0)
  expect(await query).toEqual([])
  expect(calls).toBe(1)
  await db.batch(batch)
  expect(calls).toBe(2)
})
