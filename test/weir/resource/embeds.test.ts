import { relations } from "drizzle-orm"
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core"
import { expect, test } from "vitest"
import { anyone, defineApi, resourcesOf } from "../../../src/weir/index.ts"
import { nestedCreates } from "../../../src/weir/resource/nested-creates.ts"
import { writeRecords } from "../../../src/weir/schema.ts"

const crews = sqliteTable("embeds_crews", { id: integer().primaryKey(), boats: text() })
const boats = sqliteTable("embeds_boats", {
  id: integer().primaryKey(),
  crewId: integer("crew_id").references(() => crews.id),
})
const crewsRelations = relations(crews, ({ many }) => ({ boats: many(boats) }))
const boatsRelations = relations(boats, ({ one }) => ({
  crew: one(crews, { fields: [boats.crewId], references: [crews.id] }),
}))
const schema = { crews, boats, crewsRelations, boatsRelations }

const crewsOf = (embed: object) =>
  defineApi({
    title: "Boats",
    version: "1",
    accounts: false,
    schema,
    records: writeRecords,
    resources: resourcesOf(schema, {
      crews: { read: anyone, create: anyone, embed },
      boats: { read: anyone, embed: { crew: true } },
    }),
  }).resources

test("an embed is declared by true as by no options", () => {
  const [, served] = crewsOf({})
  expect(served?.relations.crew).toMatchObject({ kind: "one", limit: 100, byDefault: false, create: false })
})

test("a list that is embedded under another name, since a column has its own, is created under that name", () => {
  const [served] = crewsOf({ boats: { create: true } })
  expect(Object.keys(served?.relations ?? {})).toEqual(["boatsRow"])
  expect(Object.keys(served ? nestedCreates(served) : {})).toEqual(["boatsRow"])
})
