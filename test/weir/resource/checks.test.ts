import { createRoute } from "@hono/zod-openapi"
import { relations, type SQL, sql } from "drizzle-orm"
import { describe, expect, test } from "vitest"
import { type ApiOptions, defineApi } from "../../../src/weir/api.ts"
import { tableConfig } from "../../../src/weir/db/dialect/names.ts"
import { allow, route } from "../../../src/weir/http/route.ts"
import { resource } from "../../../src/weir/resource/define.ts"
import { throughJunction } from "../../../src/weir/resource/junction.ts"
import type { Resource } from "../../../src/weir/resource/resource.ts"
import {
  admin,
  all,
  any,
  anyone,
  nobody,
  owner,
  type Rule,
  signedIn,
  viewerIs,
} from "../../../src/weir/resource/rules.ts"
import {
  id,
  index,
  integer,
  itself,
  json,
  oneOf,
  references,
  table,
  text,
  unique,
} from "../../../src/weir/schema.ts"

const notes = table("notes", {
  id: id(),
  title: text({ max: 20 }).notNull(),
  data: json(),
  state: oneOf(["draft", "done"]).notNull().default("draft"),
  author_id: integer(),
})
const members = table("members", {
  id: id(),
  name: text({ max: 20 }).notNull().unique(),
  nick: text({ max: 20 }),
  level: oneOf(["member", "chief"]).notNull().default("member"),
  hash: text({ max: 99 }).notNull(),
})

const api = (resources: Resource[], more: Partial<ApiOptions> = {}) =>
  defineApi({ title: "Notes", version: "1", accounts: false, resources, ...more })
/** Rules and sorts as text, past the types that would refuse them. */
const loose = (options: Record<string, unknown>) => resource({ notes }, options as never)

test.each<[string, SQL]>([
  [
    "that SQL has words for",
    sql`case when 1 = 1 then cast(1 as text) = 'x' else current_date > date '2020-01-01' end`,
  ],
  [
    "in a subselect of the table itself",
    sql`exists (select 1 from notes where notes.state = 'done' and title = 'x')`,
  ],
  ["in another table's subselect", sql`exists (select 1 from members where name = 'x' and level = 'chief')`],
  ["in literals and functions", sql`lower('state') = 'title' and title(1) = 2 and x.title = 'state'`],
])("a rule may name columns %s", (_, outcome) => {
  expect(() => api([loose({ read: anyone, update: () => outcome })])).not.toThrow()
})

/** A rule whose text has the row's title at each `?`, or another column. */
const asking =
  (text: string, column = "title"): Rule =>
  (row) =>
    sql.join(
      text.split("?").map((part) => sql.raw(part)),
      row(column),
    )

// In a write, the row goes by its table's name: inside such a subselect, row("title") would be that of another row.
test.each<[string, string]>([
  ["notes", "exists (select 1 from notes where notes.id = 1 and notes.title = ?)"],
  ["notes", "1 = (select count(*) from members m join notes on notes.id = m.id where m.name = ?)"],
  ["notes", "? in (select title from NOTES) and exists (select 1 from members, notes where nick = ?)"],
  ["notes", "exists (select 1 from public.notes where title = ?)"],
  ["notes", "exists (select 1 from members as notes where notes.nick = ?)"],
  ["notes", "exists (select 1 from notes where exists (select 1 from members m where m.nick = ?))"],
  ["notes", "exists (select 1 from members m where m.id in (select id from notes where title = ?))"],
  ["notes", "exists (with x as (select * from notes) select 1 from notes where title = ?)"],
  ["t0", "exists (select 1 from members t0 where t0.nick = ?)"],
  ["t12", "exists (select 1 from members m join members as t12 on t12.id = m.id where m.nick = ?)"],
])("a subselect may not hide the rule's row by the name %s: %s", (name, text) => {
  for (const action of ["read", "update", "delete", "create"] as const)
    expect(() => api([loose({ read: anyone, [action]: asking(text) })])).toThrow(
      new RegExp(`^notes: the rule of ${action} has a subselect that reads ${name} by the name`, "i"),
    )
  const hidden = loose({ read: anyone, fields: { data: { read: asking(text) } } })
  expect(() => api([hidden])).toThrow(/^notes: the rule of data\.read has a subselect/)
})

test.each<[string, string]>([
  ["state", "exists (select 1 from members m where m.nick = notes.state)"],
  [
    "state",
    "exists (select 1 from members m where m.nick = notes.state and m.id in (select id from notes n))",
  ],
  [
    "state",
    "exists (select 1 from members m where m.id in (select m2.id from members m2 where m2.nick = notes.state))",
  ],
  ["title", "? = 'x' and notes.title = 'y'"],
  ["author_id", "exists (select 1 from members m where m.id = author_id)"],
  ["author_id", "exists (select 1 from members where id = author_id and nick = ?)"],
  [
    "author_id",
    "exists (select 1 from members m join members n on n.id = m.id where m.id in (select id from members where id = author_id))",
  ],
  ["state", "exists (select 1 from members m, members as n where m.level = state)"],
  ["title", "exists (select 1 from members m join notes n on n.id = m.id where m.nick = notes.title)"],
])("a rule may not name %s itself in a subselect of others: %s", (column, text) => {
  expect(() => api([loose({ read: anyone, update: asking(text) })])).toThrow(
    `notes: the rule of update names the column "${column}" itself`,
  )
})

const odd = table("odd", {
  id: id(),
  text: text({ max: 20 }),
  order: integer(),
  date: text({ max: 20 }),
  real: integer(),
})

test.each<[string, string]>([
  ["text", "length(odd.text) > 3"],
  ["text", "text = 'x'"],
  ["date", "upper(date) > '2026'"],
  ["real", "1 < real"],
  ["order", `"order" > 3`],
  ["order", `odd."order" > 3`],
  ["order", `exists (select 1 from members m where m.id = odd."order")`],
])("a column whose name is a word of SQL, %s, is noticed in %s", (column, text) => {
  const make = () => api([resource({ odd }, { read: anyone, update: () => sql.raw(text) })])
  expect(make).toThrow(`odd: the rule of update names the column "${column}" itself`)
})

test.each<[string]>([
  ["cast(? as text) = 'x' and cast(? as real) > 1 and ?::text = 'x'"],
  ["? > date '2026-01-01' and date(?) = date('now')"],
  ["exists (select m.id from members m where m.nick = ? order by m.id)"],
  [`exists (select text, "order" from other_table where "order" > 1)`],
  ["? = 'text date order real'"],
])("a word of SQL that is a column's name as well is none in %s", (text) => {
  expect(() =>
    api([resource({ odd }, { read: anyone, update: asking(text, "text") } as never)]),
  ).not.toThrow()
})

test.each<[string]>([
  ["exists (select 1 from notes other where other.id = 1 and other.title = ?)"],
  ["exists (select 1 from notes as other join members m on true where other.title = ?)"],
  ["? = (select title from notes where id = 1)"],
  ["? in (select title from notes) and exists (select 1 from members m where m.nick = ?)"],
  ["exists (select 1 from members m where m.nick = ? and m.id in (select id from notes where id > 1))"],
  ["exists (select 1 from notes_of m where m.nick = ?)"],
  ["exists (select 1 from members state where state.nick = ?)"],
  ["exists (select 1 from members m join members state on state.id = m.id where m.nick = ?)"],
  // The columns of these are not known here.
  ["exists (select 1 from notes_of m where m.nick = ? and author_id = 1)"],
  ["exists (select 1 from (select 1 as author_id) x where author_id = 1 and ? = 'x')"],
  ["exists (with x as (select 1 as state) select 1 from x where state = 1 and ? = 'x')"],
  ["exists (select name from members where id = 1 union select state from notes_of where author_id = 1)"],
  ["exists (select level as state from members where nick = ? order by state)"],
  [
    "exists (select 1 from notes n where n.title = ? and author_id = 1 and exists (select 1 from members where id = author_id))",
  ],
  ["? = 'x' and exists (select 1 from notes where exists (select 1 from members m where m.id = notes.id))"],
  ["exists (select 1 from members t where t.nick = ?)"],
])("a subselect may read the rule's own table by another name, or apart from the row: %s", (text) => {
  expect(() => api([loose({ read: asking(text), update: asking(text) })])).not.toThrow()
})

describe("a mistake is told at load, by the culprit's name", () => {
  const named = (column: string): Rule => viewerIs(column)

  test.each<[string, () => unknown, RegExp]>([
    [
      "a field whose change asks for a secret, where there is none",
      () => api([loose({ fields: { title: { confirm: true } } })]),
      /^notes: the confirm of field "title" asks for a secret, and no field has one$/,
    ],
    [
      "a delete that asks for a secret, where there is none",
      () => api([loose({ confirmDelete: true })]),
      /^notes: confirmDelete asks for a secret, and no field has one$/,
    ],
    [
      "a rule of a resource that names no column",
      () => api([loose({ update: named("writer_id") })]),
      /^notes: the rule of update names "writer_id", which is no column$/,
    ],
    [
      "a rule of a field, within another",
      () => api([loose({ read: anyone, fields: { title: { read: any(owner, named("boss")) } } })]),
      /notes: the rule of title\.read names "owner_id"/,
    ],
    [
      "a rule that looks at a row for some viewers only",
      () =>
        api([
          loose({
            read: ((row, viewer) => (viewer.kind === "admin" ? row("ghost") : true)) satisfies Rule,
          }),
        ]),
      /notes: the rule of read names "ghost"/,
    ],
    ...(
      [
        ["by its name", sql`state = 'draft'`, "state"],
        ["with the table's name", sql`notes.author_id = 1`, "author_id"],
        ["as Drizzle's column", sql`${notes.author_id} = 1 and 'title' = 'x'`, "author_id"],
        [
          "from within a subselect",
          sql`exists (select 1 from members m where m.id = notes.author_id)`,
          "author_id",
        ],
        ["after a subselect", sql`(exists (select 1 from (select 1) x) or "title" = 'x')`, "title"],
      ] as const
    ).map(([how, outcome, column]): [string, () => unknown, RegExp] => [
      `a rule that names a column of its row ${how}`,
      () => api([loose({ read: anyone, update: () => outcome })]),
      new RegExp(`^notes: the rule of update names the column "${column}" itself: write row`),
    ]),
    ...["state = 'x' -- all", "title = '' /* and"].map((text): [string, () => unknown, RegExp] => [
      `a rule with a comment: ${text}`,
      () =>
        api([
          loose({
            read: (row: (column: string) => SQL) =>
              sql`${row("state")} = 'x' and ${sql.raw(text.slice(text.indexOf(" ")))}`,
          }),
        ]),
      /^notes: the rule of read holds a comment of SQL/,
    ]),
    [
      "a field that refers to no resource, and says to which rows",
      () => api([loose({ read: anyone, fields: { author_id: { refersTo: anyone } } })]),
      /^notes: refersTo of "author_id", which refers to no resource$/,
    ],
    ["two resources on one path", () => api([loose({ read: anyone }), loose({})]), /^notes: two resources/],
    [
      "a sort by what is no column",
      () => api([loose({ read: anyone, sort: "-price" })]),
      /^notes: sort names "price", which is no column of notes$/,
    ],
    [
      "a sort by what has no order",
      () => api([loose({ sort: ["title", "data"] })]),
      /"data", which has no order/,
    ],
    [
      "a sort by a hidden field",
      () => api([loose({ read: anyone, sort: "title", fields: { title: { read: viewerIs("author_id") } } })]),
      /"title", which not every reader may see/,
    ],
    [
      "two rows of one name",
      () => api([loose({ singular: "member" }), resource({ members }, { singular: "member" })]),
      /called Member/,
    ],
    [
      "a field's option without a field",
      () => loose({ fields: { titel: { read: anyone } } }),
      /notes: fields names "titel"/,
    ],
    [
      "a quota by what is no column",
      () => loose({ quota: { rows: 5, per: owner } }),
      /^notes: quota names "owner_id", which is no column$/,
    ],
    [
      "a quota by a rule without a column",
      () => loose({ quota: { rows: 5, per: admin } }),
      /^notes: quota\.per must be a column, or a rule that viewerIs made/,
    ],
    ["a quota of no rows", () => loose({ quota: { rows: 0, per: "author_id" } }), /^notes: quota\.rows is 0/],
    ["a title without a letter", () => api([], { title: " - " }), /title/],
  ])("%s", (_, make, message) => {
    expect(make).toThrow(message)
  })

  test.each(["health", "ready", "docs", "auth", "openapi.json", "favicon.ico", "swagger-ui-dist"])(
    "a table called %s, which would hide a path",
    (name) => {
      const hiding = table(name, { id: id() })
      expect(() => api([resource({ hiding }, { read: anyone })])).toThrow(
        `${name}: the path /${name} is served`,
      )
    },
  )

  test.each(["limit", "skip", "after", "before", "sort", "fields", "include", "count"])(
    "a column called %s, which is a list's parameter",
    (name) => {
      const hidden = table("things", { id: id(), [name]: integer() })
      expect(() => api([resource({ hidden }, {})])).toThrow(
        `things.${name}: "${name}" is the name of a list's`,
      )
    },
  )

  test.each(["größe", "a-b", "a.b", "a b", "a[b]"])(
    "a column called %s, which no filter can name",
    (name) => {
      const hidden = table("things", { id: id(), [name]: integer() })
      expect(() => api([resource({ hidden }, {})])).toThrow(/no filter can name/)
    },
  )

  const one = (columns: Record<string, ReturnType<typeof integer>>) =>
    resource({ things: table("things", { id: id(), ...columns }) }, { read: anyone })
  test.each<[string, () => Resource, RegExp]>([
    ["bounds that no value fits", () => one({ n: integer({ min: 2, max: 1 }) }), /things\.n: min is larger/],
    [
      "a bound that is no number",
      () => one({ n: integer({ min: Number.NaN }) }),
      /things\.n: a bound must be/,
    ],
    [
      "a default beyond its bound",
      () => one({ n: integer({ max: 1 }).default(9) as never }),
      /its default 9/,
    ],
    [
      "a pattern that is none",
      () => one({ n: text({ max: 9, pattern: "(" }) as never }),
      /things\.n: its pattern is not valid/,
    ],
    ["a singular that is no word", () => loose({ singular: "-" }), /notes: singular "-" must be a word/],
    [
      "a rule that says nothing",
      () => loose({ read: (() => undefined) as never }),
      /the rule of read returns neither/,
    ],
    [
      "more row rules for reading than a row has variants",
      () =>
        loose({
          read: anyone,
          fields: Object.fromEntries(
            ["id", "title", "data", "state", "author_id"].map((name) => [
              name,
              { read: viewerIs("author_id") },
            ]),
          ),
        }),
      /notes: 5 different rules for reading fields look at the row/,
    ],
    [
      "a table that the commands' own are called like",
      () => resource({ t: table("_t", { id: id() }) }, {}),
      /_t/,
    ],
    [
      "a row that is called as one of Weir's own schemas",
      () => resource({ t: table("tokens", { id: id() }) }, { singular: "token" }),
      /tokens: the document has a schema called Token already/,
    ],
  ])("%s", (_, make, message) => {
    expect(() => api([make()])).toThrow(message)
  })

  test("a guess of a row's name gives way to one that is taken", () => {
    const person = resource({ t: table("person", { id: id() }) }, {})
    const persons = resource({ t: table("persons", { id: id() }) }, {})
    api([person, persons])
    expect([person.typeName, persons.typeName]).toEqual(["Person", "Persons"])
  })

  test("two tables whose operations have one name", () => {
    const lines = table("line_items", { id: id() })
    const others = table("lineItems", { id: id() })
    expect(() => api([resource({ lines }, {}), resource({ others }, {})])).toThrow(
      /called listLineItems already/,
    )
  })

  test("one name of two indexes", () => {
    const indexed = (name: string) =>
      table(name, { id: id(), n: integer() }, (t) => [index("same_index").on(t.n)])
    const [first, second] = [indexed("first_indexed"), indexed("second_indexed")]
    expect(() => api([resource({ first }, {}), resource({ second }, {})])).toThrow(
      'second_indexed: the index name "same_index" is taken by an index of first_indexed',
    )
  })

  test.each([-1, 0, 1.5, 101, Number.NaN])("an embed of at most %s rows", (limit) => {
    const related = relations(notes, ({ one: to }) => ({
      author: to(members, { fields: [notes.author_id], references: [members.id] }),
    }))
    const all = [resource({ notes, related }, { embed: { author: { limit } } }), resource({ members }, {})]
    expect(() => api(all)).toThrow(/the limit of embed "author"/)
  })

  test.each<[string, object, RegExp]>([
    ["be read", { read: anyone }, /members\.hash can be read/],
    [
      "be stored as they are sent",
      { create: anyone, fields: { hash: { read: nobody } } },
      /would be stored as it is/,
    ],
    [
      "make itself an admin",
      { create: anyone, fields: { hash: { read: nobody, write: nobody } } },
      /members\.level can be set by whoever is anonymous/,
    ],
  ])("accounts of which passwords or roles could %s", (_, options, message) => {
    expect(() => api([resource({ members }, options)], { accounts: accounts as never })).toThrow(message)
  })

  test("a pattern without an example that matches it", () => {
    const coded = table("coded", { id: id(), code: text({ max: 9, pattern: "^\\d+$" }) })
    expect(() => api([resource({ coded }, {})])).toThrow(/coded\.code has a pattern/)
  })

  const greet = (path: string, method: "get" | "patch" = "get") =>
    route(createRoute({ method, path, responses: { 200: { description: "OK" } } }), (c) => c.text("hello"))
  test.each<[string, () => unknown, RegExp]>([
    ["a resource's path", () => greet("/notes"), /GET \/notes: is served already/],
    ["that of one row", () => greet("/notes/{key}", "patch"), /PATCH \/notes\/\{key\}: is served already/],
    ["one of Weir's own", () => greet("/docs/more"), /GET \/docs\/more: \/docs is served by Weir/],
    ["one that is no path", () => greet("hello"), /a path begins with/],
    ["one that hides all others", () => greet("/{page}"), /its first segment must be fixed/],
    ["one with a star", () => greet("/pages/*"), /in braces/],
    ["one with a colon", () => greet("/pages/:id"), /in braces/],
  ])("a hand-written route on %s", (_, make, message) => {
    expect(() => api([loose({ read: anyone })], { routes: [make() as ReturnType<typeof greet>] })).toThrow(
      message,
    )
  })

  test("two hand-written routes on one path", () => {
    expect(() => api([], { routes: [greet("/a/{x}"), greet("/a/{y}/")] })).toThrow(/served already/)
    expect(() => api([loose({ read: anyone })], { routes: [greet("/a"), greet("/notes/all")] })).not.toThrow()
    const guarded = route(
      createRoute({
        method: "get",
        path: "/secret",
        operationId: "listNotes",
        middleware: allow(admin),
        responses: { 200: { description: "OK" } },
      }),
      (c) => c.text("in"),
    )
    expect(() => api([loose({ read: anyone })], { routes: [guarded] })).toThrow(/called listNotes already/)
    expect(() => api([], { routes: [guarded] })).toThrow(/this API has no accounts/)
  })

  const accounts = {
    table: members,
    login: ["name"],
    password: "hash",
    role: "level",
    admin: "chief",
  } as const
  test.each<[string, object, RegExp]>([
    ["a table that is no resource", { table: notes }, /accounts: the table notes is no resource/],
    [
      "a login column that is none",
      { login: ["email"] },
      /accounts: login names "email", which is no column/,
    ],
    [
      "one that is not unique",
      { login: ["name", "nick"] },
      /accounts: login names "nick", which must be unique/,
    ],
    ["a password that is none", { password: "pass" }, /accounts: password names "pass"/],
    ["a role that is none", { role: "role" }, /accounts: role names "role"/],
    ["a role that is no text", { role: "id" }, /accounts: role names "id", which holds no text/],
    ["an admin that is no value of the role", { admin: "boss" }, /accounts: admin is "boss"/],
  ])("accounts with %s", (_, wrong, message) => {
    const make = () => api([resource({ members }, {})], { accounts: { ...accounts, ...wrong } as never })
    expect(make).toThrow(message)
    expect(() => api([resource({ members }, {})], { accounts: accounts as never })).not.toThrow()
  })
})

describe("a name of more than 63 bytes", () => {
  const long = "x".repeat(64)
  /** 32 characters and 64 bytes. */
  const wide = "é".repeat(32)
  const fits = "x".repeat(40)
  test.each<[string, () => Resource, string]>([
    ["of a table", () => resource({ t: table(long, { id: id() }) }, {}), "table"],
    ["of a table, in bytes", () => resource({ t: table(`a${wide}`, { id: id() }) }, {}), "path"],
    ["of a column", () => resource({ t: table("t", { id: id(), [long]: integer() }) }, {}), "column"],
    [
      "of a check that a bound makes",
      () => resource({ t: table(fits, { id: id(), ["y".repeat(20)]: integer({ min: 1 }) }) }, {}),
      "check",
    ],
    [
      "of a unique constraint",
      () => resource({ t: table(fits, { id: id(), ["y".repeat(20)]: integer().unique() }) }, {}),
      "unique constraint",
    ],
    [
      "of several columns that are unique together",
      () =>
        resource(
          {
            t: table(fits, { id: id(), aaaaaaaaaaa: integer(), bbbbbbbbbbb: integer() }, (self) => [
              unique().on(self.aaaaaaaaaaa, self.bbbbbbbbbbb),
            ]),
          },
          {},
        ),
      "unique constraint",
    ],
    [
      "of a foreign key",
      () => resource({ t: table(fits, { id: id(), ["y".repeat(20)]: references(() => notes.id) }) }, {}),
      "foreign key",
    ],
    ["of the sequence of an id", () => resource({ t: table("x".repeat(58), { id: id() }) }, {}), "sequence"],
  ])("%s is told at load", (_, make, what) => {
    expect(() => api([make()])).toThrow(new RegExp(what))
  })

  test("of just 63 bytes is good", () => {
    const name = "x".repeat(56)
    expect(() => api([resource({ t: table(name, { id: id() }) }, {})])).not.toThrow()
  })
})

describe("types", () => {
  const bothRelations = relations(notes, ({ one }) => ({
    author: one(members, { fields: [notes.author_id], references: [members.id] }),
  }))
  const module = { notes, bothRelations }

  test("hold rules, fields, embeds and sorts to the table's columns", () => {
    const mine: Rule<"author_id"> = (row, viewer) => sql`${row("author_id")} = ${viewer.id}`
    const of =
      <C extends string>(column: C): Rule<C> =>
      (row): SQL =>
        sql`${row(column)} is null`
    resource(module, {
      read: any(mine, viewerIs("id"), of("state")),
      update: (row) => sql`${row("title")} <> ''`,
      create: any(signedIn, (row) => sql`${row("state")} = 'draft'`),
      delete: all(mine, (row) => sql`${row("title")} <> ''`),
      fields: { title: { read: mine } },
      embed: { author: { limit: 1 }, tags: throughJunction("noteTags", "tag", { limit: 5 }) },
      sort: ["-title", "id"],
    })
    const wrong = [
      // @ts-expect-error: there is no such column
      () => resource(module, { read: viewerIs("owner_id") }),
      // @ts-expect-error: nor is there in one of several rules
      () => resource(module, { read: any(mine, owner) }),
      // @ts-expect-error: nor in one that is written among others
      () => resource(module, { read: any(mine, (row) => sql`${row("titel")} <> ''`) }),
      // @ts-expect-error: nor in a rule of one's own
      () => resource(module, { read: of("titel") }),
      // @ts-expect-error: nor in one that is written in place
      () => resource(module, { update: (row) => sql`${row("titel")} <> ''` }),
      // @ts-expect-error: fields are columns
      () => resource(module, { fields: { titel: {} } }),
      // @ts-expect-error: and so is what the rules of fields name
      () => resource(module, { fields: { title: { write: owner } } }),
      () => resource(module, { embed: { autor: {} } }),
      () => resource(module, { embed: { autor: { limit: 1 }, tags: throughJunction("noteTags", "tag") } }),
      // @ts-expect-error: and their options are known
      () => resource(module, { embed: { author: { limits: 1 } } }),
      // @ts-expect-error: sorts are columns
      () => resource(module, { sort: "-titel" }),
      () =>
        defineApi({
          title: "Notes",
          version: "1",
          // @ts-expect-error: a login is a column
          accounts: { table: members, login: ["email"], password: "hash" },
          resources: [],
        }),
    ]
    expect(wrong).toHaveLength(12)
  })
})

test("a table may refer to itself", () => {
  const folders = table("folders", {
    id: id(),
    parent_id: references(itself, { onDelete: "cascade" }),
    name: text({ max: 20 }).notNull(),
  })
  const [key] = tableConfig(folders).foreignKeys
  expect(key?.reference().foreignTable).toBe(folders)
  expect(key?.reference().foreignColumns.map(({ name }) => name)).toEqual(["id"])
  expect([...resource({ folders }, {}).references]).toEqual(["parent_id"])
})

test("a foreign key of Drizzle's own is a reference, whose rows the rules of its table choose", () => {
  const pages = table("pages", {
    id: id(),
    note_id: integer().references((): typeof notes.id => notes.id),
    title: text({ max: 20 }),
  })
  const there = loose({ read: signedIn })
  const made = resource({ pages }, { read: anyone, create: anyone })
  api([there, made])
  expect(made.refersTo.get("note_id")).toEqual({
    columns: ["note_id"],
    target: there,
    foreign: ["id"],
    rule: signedIn,
  })
  const open = resource({ pages }, { read: anyone, fields: { note_id: { refersTo: anyone } } })
  api([loose({ read: signedIn }), open])
  expect(open.refersTo.get("note_id")?.rule).toBe(anyone)
  const wrong = resource({ pages }, { read: anyone, fields: { title: { refersTo: anyone } } })
  expect(() => api([loose({ read: signedIn }), wrong])).toThrow(
    'pages: refersTo of "title", which refers to no resource',
  )
})

test.each([
  ["users", "user"],
  ["categories", "category"],
  ["addresses", "address"],
  ["status", "status"],
  ["boxes", "box"],
  ["news", "new"],
])("one of %s is guessed to be a %s, unless an option says otherwise", (name, singular) => {
  const t = table(name, { id: id() })
  expect(resource({ t }, {}).singular).toBe(singular)
  expect(resource({ t }, { singular: "line_item" }).typeName).toBe("LineItem")
})
