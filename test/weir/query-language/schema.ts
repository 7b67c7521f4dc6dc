import { relations, sql } from "drizzle-orm"
import {
  type Api,
  anyone,
  defineApi,
  nobody,
  type Rule,
  resourcesOf,
  where,
} from "../../../src/weir/index.ts"
import {
  boolean,
  collection,
  decimal,
  integer,
  json,
  references,
  table,
  text,
  timestamp,
} from "../../../src/weir/schema.ts"

/** Tables of the vocabulary with columns of all kinds that are compared, JSON, relations, and rows and fields that are hidden. */
export const makers = table("ql_makers", {
  id: integer().primaryKey(),
  name: text({ max: 100 }).notNull(),
  rank: integer(),
  profile: json(),
  hidden: boolean().notNull(),
})
export const things = table("ql_things", {
  id: integer().primaryKey(),
  title: text({ max: 2_000 }),
  amount: integer(),
  price: decimal({ precision: 12, scale: 2 }),
  active: boolean(),
  moment: timestamp(),
  meta: json(),
  /** In open rows alone, all three. */
  note: text({ max: 100 }),
  inner: json(),
  rival_id: references(() => makers.id),
  open: boolean().notNull(),
  /** In no row. */
  secret: text({ max: 100 }),
  vault: json(),
  maker_id: references(() => makers.id),
  hidden: boolean().notNull(),
})
export const parts = table("ql_parts", {
  id: integer().primaryKey(),
  thing_id: references(() => things.id),
  label: text({ max: 100 }),
  size: integer(),
  info: json(),
  hidden: boolean().notNull(),
})

export const papers = collection("ql_papers", { owner: makers, index: ["color", "size.width"] })

export const makersRelations = relations(makers, ({ many }) => ({
  things: many(things, { relationName: "maker" }),
}))
export const thingsRelations = relations(things, ({ one, many }) => ({
  maker: one(makers, { fields: [things.maker_id], references: [makers.id], relationName: "maker" }),
  rival: one(makers, { fields: [things.rival_id], references: [makers.id], relationName: "rival" }),
  parts: many(parts),
}))
export const partsRelations = relations(parts, ({ one }) => ({
  thing: one(things, { fields: [parts.thing_id], references: [things.id] }),
}))

export const tables = { makers, things, parts, papers }
const schema = { ...tables, makersRelations, thingsRelations, partsRelations }

const shown = where("hidden", "eq", false)
const open = { read: where("open", "eq", true), create: anyone }
/** Documents say by their keys which is hidden (`x…`) and which open (`o…`). */
const shownDocument: Rule<"_id"> = (row) => sql`substr(${row("_id")}, 1, 1) <> 'x'`
const openDocument: Rule<"_id"> = (row) => sql`substr(${row("_id")}, 1, 1) = 'o'`
const never = { read: nobody, create: anyone }
/** Rows refer to hidden ones as well. */
const reference = { refersTo: anyone }
const common = { read: shown, create: anyone }

/** Rows that nobody may see have `hidden`; fields are seen in open rows, or never. */
export const queryApi = (): Api =>
  defineApi({
    title: "Query language",
    version: "1",
    accounts: false,
    schema,
    resources: resourcesOf(schema, {
      makers: { ...common, embed: { things: {}, papers: { sort: "_id" } } },
      things: {
        ...common,
        fields: {
          note: open,
          inner: open,
          rival_id: { ...open, ...reference },
          maker_id: reference,
          secret: never,
          vault: never,
        },
        embed: { maker: {}, rival: {}, parts: { sort: "id" } },
      },
      parts: { ...common, fields: { thing_id: reference }, embed: { thing: {} } },
      papers: {
        read: shownDocument,
        create: anyone,
        fields: { _owner_id: { ...reference, create: anyone }, _updated_at: { read: openDocument } },
        embed: { _owner: {} },
      },
    }),
  })
