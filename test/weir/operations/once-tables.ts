import { relations, sql } from "drizzle-orm"
import { primaryKey as pgPrimaryKey } from "drizzle-orm/pg-core"
import { primaryKey as sqlitePrimaryKey } from "drizzle-orm/sqlite-core"
import type { Api } from "../../../src/weir/api.ts"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import { searchSql } from "../../../src/weir/db/dialect/search.ts"
import { admin, anyone, defineApi, nobody, resourcesOf, through } from "../../../src/weir/index.ts"
import {
  bigint,
  boolean,
  collection,
  date,
  decimal,
  id,
  integer,
  references,
  table,
  text,
  timestamp,
  timestamps,
  uuidKey,
  writeRecords,
} from "../../../src/weir/schema.ts"
import { users } from "../fixture/src/schema/users.ts"
import { type Call, caller } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { appOver, fixture } from "../support/fresh.ts"
import type { World } from "../support/world.ts"

/** Tables with keys of every form, and links between them. All are open, but for a note that admins alone see. */

const isPostgres = dialectName === "postgres"
const primaryKey = (isPostgres ? pgPrimaryKey : sqlitePrimaryKey) as typeof sqlitePrimaryKey
const words = () => ({ name: text({ max: 200 }).notNull(), note: text({ max: 200 }) })
const others = () => ({ ...words(), ...timestamps() })
const randomText = sql.raw(isPostgres ? "gen_random_uuid()::text" : "lower(hex(randomblob(16)))")

const serials = table("o_serials", { id: id(), ...others() })
const made = table("o_made", { id: text({ max: 80 }).primaryKey().default(randomText), ...words() })
const uuids = table("o_uuids", { id: uuidKey(), ...others() })
const codes = table("o_codes", { id: text({ max: 80 }).primaryKey(), ...others() })
const bigints = table("o_bigints", { id: bigint().primaryKey(), ...others() })
const days = table("o_days", { day: date().primaryKey(), ...others() })
const pairs = table(
  "o_pairs",
  { house: text({ max: 40 }).notNull(), no: integer().notNull(), ...others() },
  (t) => [primaryKey({ columns: [t.house, t.no] })],
)
const slots = table(
  "o_slots",
  {
    big: bigint().notNull(),
    at: timestamp().notNull(),
    odd: boolean().notNull(),
    price: decimal({ precision: 12, scale: 2 }).notNull(),
    ...others(),
  },
  (t) => [primaryKey({ columns: [t.big, t.at, t.odd, t.price] })],
)
const logs = table("o_logs", { ...words() })
const bins = table("o_bins", { id: id(), ...others(), deleted_at: timestamp() })
const texts = table("o_texts", { id: id(), ...others() })
const parts = table("o_parts", { id: id(), serial_id: references(() => serials.id), ...others() })
const papers = collection("o_papers", { owner: users })
const links = table(
  "o_links",
  {
    serial_id: references(() => serials.id).notNull(),
    code_id: references(() => codes.id).notNull(),
    note: text(),
  },
  (t) => [primaryKey({ columns: [t.serial_id, t.code_id] })],
)
/** A junction whose links may be there twice. */
const marks = table("o_marks", {
  id: id(),
  serial_id: references(() => serials.id).notNull(),
  code_id: references(() => codes.id).notNull(),
})

const tables = {
  serials,
  made,
  uuids,
  codes,
  bigints,
  days,
  pairs,
  slots,
  logs,
  bins,
  texts,
  parts,
  papers,
  links,
  marks,
}
const schema = {
  users,
  writeRecords,
  ...tables,
  serialsRelations: relations(serials, ({ many }) => ({
    parts: many(parts),
    links: many(links),
    marks: many(marks),
  })),
  codesRelations: relations(codes, ({ many }) => ({ links: many(links), marks: many(marks) })),
  partsRelations: relations(parts, ({ one }) => ({
    serial: one(serials, { fields: [parts.serial_id], references: [serials.id] }),
  })),
  linksRelations: relations(links, ({ one }) => ({
    serial: one(serials, { fields: [links.serial_id], references: [serials.id] }),
    code: one(codes, { fields: [links.code_id], references: [codes.id] }),
  })),
  marksRelations: relations(marks, ({ one }) => ({
    serial: one(serials, { fields: [marks.serial_id], references: [serials.id] }),
    code: one(codes, { fields: [marks.code_id], references: [codes.id] }),
  })),
}

const open = { read: anyone, create: anyone, update: anyone, delete: anyone }
const noted = { ...open, fields: { note: { read: admin } } }
const replaced = { ...noted, replace: true }
const upserted = <K extends string>(...key: K[]) => ({ ...replaced, upsert: [key] })
/** The API over these tables. */
export const onceApi = (records: boolean = true): Api =>
  defineApi({
    title: "Weir",
    version: "1",
    accounts: { table: users, login: ["email"], password: "hashed_password", role: "role" },
    ...(records ? { records: writeRecords } : {}),
    schema,
    resources: resourcesOf(schema, {
      users: { read: anyone, fields: { hashed_password: { read: nobody } }, embed: { papers: {} } },
      serials: {
        ...noted,
        embed: { parts: {}, codes: through("links", "code"), marked: through("marks", "code") },
      },
      made: upserted("id"),
      uuids: replaced,
      codes: upserted("id"),
      bigints: upserted("id"),
      days: upserted("day"),
      pairs: upserted("house", "no"),
      slots: upserted("big", "at", "odd", "price"),
      logs: noted,
      bins: { ...noted, softDelete: "deleted_at", restore: anyone },
      texts: { ...noted, search: ["name"] },
      parts: { ...noted, embed: { serial: {} } },
      papers: { ...open, embed: { _owner: {} } },
      links: { ...open, embed: { serial: {}, code: {} } },
      marks: { ...open, embed: { serial: {}, code: {} } },
    }),
  })

export interface OnceWorld {
  call: Call
  run(...statements: string[]): Promise<unknown[][]>
  close(): Promise<void>
}

/** An app over these tables, in a world's database. */
export async function onceWorld(w: World): Promise<OnceWorld> {
  const made = onceApi()
  const indexes = made.resources.flatMap(({ search }) => (search ? [search.index] : []))
  const run = async (...statements: string[]) => {
    const client = w.database.connect()
    const results = await client.batch(statements.map((statement) => ({ text: statement, params: [] })))
    await client.close?.()
    return results.at(-1) ?? []
  }
  await createTables(w.database, tables)
  await run(...indexes.flatMap((index) => [...searchSql.drop(index), ...searchSql.create(index)]))
  const call = caller(appOver(w.database, { subject: { ...fixture, api: made }, cache: w.cache }).app)
  const close = async () => {
    const names = made.resources.map(({ tableName }) => tableName).filter((name) => name.startsWith("o_"))
    await run(
      ...indexes.flatMap((index) => searchSql.drop(index)),
      ...names.reverse().map((name) => `drop table ${name}`),
    )
  }
  return { call, run, close }
}
