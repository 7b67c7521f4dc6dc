import { relations, type SQL, sql } from "drizzle-orm"
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core"
import { describe, expect, test } from "vitest"
import { expressions } from "../../../src/weir/db/dialect/expressions.ts"
import {
  all,
  any,
  anyone,
  defineApi,
  nobody,
  not,
  type Rule,
  resourcesOf,
  through,
  viewerIs,
  where,
} from "../../../src/weir/index.ts"
import { unboundViewer } from "../../../src/weir/resource/rules.ts"
import { Aliases } from "../../../src/weir/sql/where.ts"

// As people write them: properties in camelCase, relations of one table only, and a table that is not served.
const teams = sqliteTable("teams", { id: integer().primaryKey(), label: text("team_label").notNull() })
const memberships = sqliteTable("memberships", {
  teamId: integer("team_id").references(() => teams.id),
  userId: integer("user_id"),
  level: text({ enum: ["member", "chief"] }),
  data: text({ mode: "json" }),
})
const notes = sqliteTable("notes", {
  id: integer().primaryKey(),
  title: text().notNull(),
  team: integer("team_ref").references(() => teams.id),
  parentId: integer("parent_id"),
  stamp: text("stamp_text"),
})
const notesRelations = relations(notes, ({ one }) => ({
  team: one(teams, { fields: [notes.team], references: [teams.id] }),
  parent: one(notes, { fields: [notes.parentId], references: [notes.id], relationName: "tree" }),
  lost: one(memberships),
}))
const schema = { teams, memberships, notes, notesRelations }

const api = (rule: Rule, more: object = {}) =>
  defineApi({
    title: "Notes",
    version: "1",
    accounts: false,
    schema,
    resources: resourcesOf(schema, { notes: { read: rule as never, ...more } }),
  })
const member = through("team.memberships", viewerIs("userId"))

/** The SQL of the rule for one kind of viewer, in a read. */
function textOf(rule: Rule, kind: "anonymous" | "user" | "admin" = "user"): string | boolean {
  const [resource] = api(rule).resources
  if (!resource) throw new Error("there is no resource")
  const outcome = rule(new Aliases().next(resource).row, { ...unboundViewer(kind), id: sql`${"me"}` })
  return typeof outcome === "boolean" ? outcome : expressions.render(outcome).text
}

describe("rules in words", () => {
  test.each<[string, Rule, string | boolean]>([
    [
      "a path is one EXISTS with aliases of its own",
      member,
      `exists (select 1 from "teams" "@r0" join "memberships" "@r1" on "@r1"."team_id" = "@r0"."id" where "@r1"."user_id" = ? and "@r0"."id" = "t0"."team_ref")`,
    ],
    [
      "a path within a path counts on",
      through("parent", member),
      `exists (select 1 from "notes" "@r0" where exists (select 1 from "teams" "@r1" join "memberships" "@r2" on "@r2"."team_id" = "@r1"."id" where "@r2"."user_id" = ? and "@r1"."id" = "@r0"."team_ref") and "@r0"."id" = "t0"."parent_id")`,
    ],
    [
      "paths side by side have the same aliases",
      all(through("team", anyone), through("parent", anyone)),
      `(exists (select 1 from "teams" "@r0" where "@r0"."id" = "t0"."team_ref") and exists (select 1 from "notes" "@r0" where "@r0"."id" = "t0"."parent_id"))`,
    ],
    [
      "not of a path",
      not(through("team", anyone)),
      `not exists (select 1 from "teams" "@r0" where "@r0"."id" = "t0"."team_ref")`,
    ],
    ["not of what may be null", not(where("stamp", "eq", "x")), `("t0"."stamp_text" = ?) is not true`],
    [
      "not of alternatives",
      not(any(where("id", "eq", 1), where("id", "eq", 2))),
      `(("t0"."id" = ? or "t0"."id" = ?)) is not true`,
    ],
    ["a path that is closed", through("team", nobody), false],
    ["not of one that is closed", not(through("team", nobody)), true],
    [
      "the other name of a relation that is called as a column",
      through("teamRow", anyone),
      `exists (select 1 from "teams" "@r0" where "@r0"."id" = "t0"."team_ref")`,
    ],
  ])("%s", (_, rule, text) => {
    expect(textOf(rule)).toBe(text)
  })

  test("a path is closed to viewers to whom its end is closed", () => {
    expect(textOf(member, "anonymous")).toBe(false)
    expect(textOf(member, "admin")).toContain("exists")
  })
})

const raw =
  (text: (row: (column: string) => SQL) => SQL): Rule =>
  (row) =>
    text(row)

describe("a rule in words is refused at load", () => {
  test.each<[string, Rule, RegExp]>([
    [
      "a path that is none",
      through("team.members", anyone),
      /^notes: the rule of read goes through "team\.members", and teams has no relation "members": there are notes, memberships \(/,
    ],
    [
      "a first step that is none",
      through("nope", anyone),
      /^notes: the rule of read goes through "nope", and notes has no relation "nope": there are team, parent, teamRow \(/,
    ],
    [
      "an empty path",
      through("", anyone),
      /^notes: the rule of read goes through "", and notes has no relation ""/,
    ],
    [
      "a relation without columns",
      through("lost", anyone),
      /goes through "lost", and the relation "lost" of notes does not say its columns: memberships has no relation back/,
    ],
    [
      "a column at its end",
      through("team.memberships", viewerIs("user_id")),
      /^notes: the rule of read through "team\.memberships" names "user_id", which is no column$/,
    ],
    [
      "a column of a path in a path",
      through("parent", through("team", where("nope", "eq", 1))),
      /^notes: the rule of read through "parent" through "team" names "nope", which is no column$/,
    ],
    [
      "a path in a path",
      through("parent", through("nope", anyone)),
      /^notes: the rule of read through "parent" goes through "nope", and notes has no/,
    ],
    ["its own column", where("nope", "eq", 1), /^notes: the rule of read names "nope", which is no column$/],
    [
      "a value that is none",
      where("id", "eq", "x"),
      /^notes: the rule of read compares "id" with "x": it must be a whole number$/,
    ],
    [
      "a value out of an enum, in a list",
      through("team.memberships", where("level", "in", ["chief", "boss"])),
      /through "team\.memberships" compares "level" with \["chief","boss"\]: it must be one of member, chief$/,
    ],
    [
      "an operator that is none",
      where("id", "contains", 1),
      /compares "id" by "contains", which it does not have: it has eq, ne/,
    ],
    [
      "a column that is not compared",
      through("team.memberships", where("data", "eq", 1)),
      /compares "data" by "eq", which it does not have: it has is_null$/,
    ],
    [
      "is_null of what is never null",
      where("title", "is_null", true),
      /compares "title" by "is_null", which it does not have/,
    ],
    [
      "is_null of no boolean",
      where("stamp", "is_null", "yes" as never),
      /by is_null with neither true nor false/,
    ],
    ["a list for one value", where("id", "eq", [1] as never), /compares "id" by "eq" with a list/],
    ["one value for a list", where("id", "in", 1 as never), /compares "id" by "in" with what is no list/],
    ["null", where("stamp", "eq", null as never), /compares "stamp" with null: it is no value: use is_null/],
    [
      "raw SQL at the end that names a column",
      through(
        "team",
        raw(() => sql`team_label = 'x'`),
      ),
      /^notes: the rule of read through "team" names the column "team_label" itself: write row\("label"\)$/,
    ],
    [
      "raw SQL at the end that names the outer table",
      through(
        "team",
        raw(() => sql`notes.title = 'x'`),
      ),
      /through "team" names the column "title" itself/,
    ],
    [
      "raw SQL with a comment",
      through(
        "team",
        raw((row) => sql`${row("label")} = 'x' -- y`),
      ),
      /through "team" holds a comment/,
    ],
    [
      "raw SQL that hides its row",
      raw((row) => sql`exists (select 1 from notes where notes.id = 1 and ${row("title")} = 'x')`),
      /has a subselect that reads notes by the name/,
    ],
    [
      "a path within raw SQL that hides the row",
      (row, viewer) => sql`exists (select 1 from notes where ${member(row, viewer)})`,
      /has a subselect that reads notes by the name/,
    ],
    [
      "a row of one's own",
      (_row, viewer) => through("team", anyone)(() => sql`x.id`, viewer),
      /through\(\) is asked of a row that is not the rule's own/,
    ],
  ])("%s", (_, rule, message) => {
    expect(() => api(rule)).toThrow(message)
    for (const more of [{ create: rule }, { update: rule }, { delete: rule }])
      expect(() => api(anyone, more)).toThrow(
        /^(notes: )?(the rule of (create|update|delete|updatedRow) |through\(\))/,
      )
    expect(() => api(anyone, { fields: { title: { read: rule } } })).toThrow()
    expect(() => api(any(not(anyone), all(rule)))).toThrow()
  })

  test("and no other: what is sound is taken", () => {
    expect(() =>
      api(
        through(
          "team",
          raw((row) => sql`${row("label")} = 'x'`),
        ),
      ),
    ).not.toThrow()
    expect(() =>
      api(
        through(
          "parent",
          raw((row) => sql`${row("title")} in (select title from notes other)`),
        ),
      ),
    ).not.toThrow()
  })
})

test("columns of rules in words are those of their table", () => {
  const typed: Rule<"title" | "stamp"> = all(
    where("title", "eq", "x"),
    not(where("stamp", "is_null", true)),
    member,
  )
  // @ts-expect-error: the rule reads a column that is not among these.
  const wrong: Rule<"title"> = where("stamp", "eq", "x")
  // @ts-expect-error: a list is for in and nin.
  const list = () => where("title", "eq", ["x"])
  expect([typed, wrong, list].length).toBe(3)
})
