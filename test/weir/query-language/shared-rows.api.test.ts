// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { relations } from "drizzle-orm"
import { afterEach, beforeEach, expect, test } from "vitest"
import { resource } from "../../../src/weir/resource/define.ts"
import { any, anyone } from "../../../src/weir/resource/rules.ts"
import { where } from "../../../src/weir/resource/words.ts"
import { id, integer, references, table, text } from "../../../src/weir/schema.ts"
import { appOf } from "../support/app-of.ts"
import type { Call } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { type World, world } from "../support/world.ts"

const teams = table("teams", { id: id(), name: text({ max: 20 }).notNull(), city: text({ max: 20 }) })
const people = table("people", {
  id: id(),
  team_id: references(() => teams.id),
  name: text({ max: 20 }),
  age: integer(),
})
const teamsRelations = relations(teams, ({ many }) => ({ people: many(people) }))
const peopleRelations = relations(people, ({ one }) => ({
  team: one(teams, { fields: [people.team_id], references: [teams.id] }),
}))

interface Person {
  id: number
  team_id: number | null
  name: string | null
  age: number | null
}
const ages: [number | null, string | null, number | null][] = [
  [1, "ann", 10],
  [1, "bob", 20],
  [2, "ann", 10],
  [2, null, null],
  [3, null, 30],
  [null, "ann", 10],
  [null, null, null],
]
const all: Person[] = ages.map(([team_id, name, age], i) => ({ id: i + 1, team_id, name, age }))

let w: World
let call: Call
beforeEach(async () => {
  w = await world()
  await createTables(w.database, { teams, people }, { foreignKeys: true })
  call = appOf(
    w,
    resource({ teams, teamsRelations }, { read: anyone, embed: { people: {} } }),
    // Who is older is seen by nobody, and counts for nothing.
    resource(
      { people, peopleRelations },
      { read: any(where("age", "lt", 25), where("age", "is_null", true)), embed: { team: {} } },
    ),
  )
  const client = w.database.connect()
  const run = (text: string) => ({ text, params: [] })
  await client.batch([
    run("insert into teams (name, city) values ('a', 'x'), ('b', null), ('c', 'z'), ('d', 'x')"),
    ...all.map(({ team_id, name, age }) =>
      run(
        `insert into people (team_id, name, age) values (${team_id ?? "null"}, ${name ? `'${name}'` : "null"}, ${age ?? "null"})`,
      ),
    ),
  ])
  await client.close?.()
})
afterEach(async () => {
  const client = w.database.connect()
  await client.batch(["people", "teams"].map((name) => ({ text: `drop table ${name}`, params: [] })))
  await client.close?.()
  await w.close()
})

const isSeen = ({ age }: Person) => age === null || age < 25
const mates = ({ team_id }: Person) =>
  team_id === null ? undefined : all.filter((one) => one.team_id === team_id && isSeen(one))
type Test = (one: Person) => boolean
const isAnn: Test = ({ name }) => name === "ann"
const isOld: Test = ({ age }) => age !== null && age > 15

/** Filters through the team of a person, which people share, and what they mean. */
const cases: [filter: object, holds: Test][] = [
  [{ team: { people: { some: { name: "ann" } } } }, (one) => mates(one)?.some(isAnn) ?? false],
  [
    { team: { people: { none: { name: "ann" } } } },
    (one) => mates(one)?.every((mate) => !isAnn(mate)) ?? false,
  ],
  [{ team: { people: { every: { name: "ann" } } } }, (one) => mates(one)?.every(isAnn) ?? false],
  [{ not: { team: { people: { every: { name: "ann" } } } } }, (one) => !(mates(one)?.every(isAnn) ?? false)],
  [
    { team: { city: "x", people: { some: { age: { gt: 15 } } } } },
    (one) => one.team_id === 1 && (mates(one)?.some(isOld) ?? false),
  ],
  [
    { team: { people: { every: { name: "ann", team: { city: "x" } } } } },
    (one) => mates(one)?.every((mate) => isAnn(mate) && mate.team_id === 1) ?? false,
  ],
  [
    { team: { people: { none: { age: 20, team: { city: "x" } } } } },
    (one) => mates(one)?.every(({ age, team_id }) => !(age === 20 && team_id === 1)) ?? false,
  ],
  [
    { or: [{ name: "bob" }, { team: { people: { every: { age: { lt: 15 } } } } }] },
    (one) => one.name === "bob" || (mates(one)?.every(({ age }) => age !== null && age < 15) ?? false),
  ],
]

test.for(cases)("%j holds for those rows for which it is true", async ([filter, holds]) => {
  const expected = all.filter((one) => isSeen(one) && holds(one)).map(({ id }) => id)
  const search = `fields=id&filter=${encodeURIComponent(JSON.stringify(filter))}`
  const ids = async (more: string) => {
    const answer = await call("GET", `/people?${search}${more}`)
    expect(answer.status, answer.text).toBe(200)
    return (answer.body as { id: number }[]).map(({ id }) => id)
  }
  expect(await ids("")).toEqual(expected)
  // With rows that an index finds.
  expect(await ids("&team_id=1")).toEqual(expected.filter((id) => all[id - 1]?.team_id === 1))
  const counted = await call("GET", `/people?${search}&count=exact&limit=1`)
  expect(counted.headers.get("content-range") ?? counted.headers.get("x-total-count")).toMatch(
    new RegExp(`\\b${expected.length}$`),
  )
})
