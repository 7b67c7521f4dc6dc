import Sqlite from "libsql"
import { describe, expect, test } from "vitest"
import { scriptBetween, snapshotOf } from "../../../src/weir/cli/generate/script.ts"
import { constraintsIn, schema, texts } from "../../../src/weir/db/dialect/sqlite/inspect.ts"
import { check, needless } from "../../../src/weir/db/dialect/sqlite/ledger.ts"
import {
  boolean,
  id,
  integer,
  itself,
  references,
  table,
  text,
  timestamps,
} from "../../../src/weir/schema.ts"

type Action = "cascade" | "set null" | "restrict" | "no action"
const actions: Action[] = ["cascade", "set null", "restrict", "no action"]

interface Reference {
  column: string
  to: string
  onDelete: Action
}

/** A table as a test describes it. Each has `id` and `note`, whose bound changes where the table is rebuilt. */
interface Plan {
  name: string
  max: number
  references: Reference[]
  extra?: "bounded" | "flag" | "instants"
}

const ref = (to: string, onDelete: Action, column = `${to}_id`): Reference => ({ column, to, onDelete })
const plan = (name: string, refs: Reference[] = [], rest: Partial<Plan> = {}): Plan => ({
  name,
  max: 9,
  references: refs,
  ...rest,
})
const changed = (plans: Plan[], ...names: string[]): Plan[] =>
  plans.map((each) => (names.includes(each.name) ? { ...each, max: each.max + 1 } : each))

const extras = {
  bounded: () => ({
    level: integer({ min: 1, max: 5 }).notNull().default(3),
    label: text({ max: 5 }).unique(),
  }),
  flag: () => ({ flag: boolean().notNull().default(false) }),
  instants: () => timestamps(),
}

/** The Drizzle tables of a schema's plans. */
function tablesOf(plans: Plan[]): Record<string, unknown> {
  const made: Record<string, { id: never }> = {}
  for (const { name, max, references: refs, extra } of plans)
    made[name] = table(name, {
      id: id(),
      note: text({ max }),
      ...Object.fromEntries(
        refs.map(({ column, to, onDelete }) => [
          column,
          to === name
            ? references(itself, { onDelete })
            : references(() => (made[to] as { id: never }).id, { onDelete }),
        ]),
      ),
      ...(extra ? extras[extra]() : {}),
    }) as never
  return made
}

/** Runs statements as one transaction: as D1 does, with foreign keys on, or as the file's driver does. */
function run(db: Sqlite.Database, statements: string[], foreignKeys: boolean): void {
  db.exec(`pragma foreign_keys = ${foreignKeys ? "on" : "off"}`)
  db.exec("begin")
  try {
    for (const statement of statements) if (!needless.test(statement)) db.exec(statement)
    for (const statement of check) db.exec(statement)
    db.exec("commit")
  } catch (error) {
    if (db.inTransaction) db.exec("rollback")
    throw error
  }
}

const all = (db: Sqlite.Database, query: string): unknown[][] => db.prepare(query).raw().all() as unknown[][]

const schemaOf = (db: Sqlite.Database): string[] => [
  ...schema.flatMap((query) => all(db, query).map(String)),
  ...all(db, texts as string).flatMap(([name, created]) =>
    constraintsIn(String(created)).map((each) => `${name} ${each}`),
  ),
]

const columnsOf = ({ references: refs }: Plan): string[] => [
  "id",
  "note",
  ...refs.map(({ column }) => column),
]

/** The rows of the tables of both schemas, in the columns that both have. */
function rowsOf(db: Sqlite.Database, from: Plan[], to: Plan[]): Record<string, unknown[][]> {
  const rows: Record<string, unknown[][]> = {}
  for (const before of from) {
    const after = to.find(({ name }) => name === before.name)
    if (!after) continue
    const columns = columnsOf(before).filter((name) => columnsOf(after).includes(name))
    rows[before.name] = all(db, `select ${columns.join(", ")} from "${before.name}" order by id`)
  }
  return rows
}

/** Five rows a table, whose references name any of the five, or nothing. */
function fill(db: Sqlite.Database, plans: Plan[], random: () => number): void {
  db.exec("pragma foreign_keys = off")
  for (const each of plans)
    for (let n = 1; n <= 5; n++) {
      const values = each.references.map(() => (random() < 0.2 ? "null" : 1 + Math.floor(random() * 5)))
      db.exec(`insert into "${each.name}" (${columnsOf(each).join()}) values (${[n, `'r${n}'`, ...values]})`)
    }
  // A row that is gone: its id must not come back.
  for (const { name } of plans)
    db.exec(`insert into "${name}" (id) values (9); delete from "${name}" where id = 9`)
}

/** Migrates filled tables there and back, and expects every row to be as it was, and the schemas as declared. */
async function survives(
  from: Plan[],
  to: Plan[],
  random: () => number,
  foreignKeys: boolean,
): Promise<string[]> {
  const empty = await snapshotOf({})
  const [before, after] = [await snapshotOf(tablesOf(from)), await snapshotOf(tablesOf(to))]
  const kinds = new Map<string, string>()
  const fresh = async (snapshot: typeof before) => {
    const db = new Sqlite(":memory:")
    run(db, (await scriptBetween(empty, snapshot, { fill: false, kinds })).statements, false)
    return db
  }
  const up = await scriptBetween(before, after, { fill: false, kinds })
  const down = await scriptBetween(after, before, { fill: true, kinds })
  const db = await fresh(before)
  fill(db, from, random)
  const rows = rowsOf(db, from, to)
  run(db, up.statements, foreignKeys)
  expect(rowsOf(db, from, to)).toEqual(rows)
  expect(schemaOf(db)).toEqual(schemaOf(await fresh(after)))
  run(db, down.statements, foreignKeys)
  expect(rowsOf(db, from, to)).toEqual(rows)
  expect(schemaOf(db)).toEqual(schemaOf(await fresh(before)))
  expect(all(db, "select name from sqlite_master where name like '\\_\\_%' escape '\\'")).toEqual([])
  for (const { name } of from.filter((each) => to.some((other) => other.name === each.name)))
    expect(all(db, `insert into "${name}" (note) values ('n') returning id`), name).toEqual([[10]])
  return up.statements
}

/** Numbers between 0 and 1 that are the same for a seed each time. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
}

const chain = (onDelete: Action) => [
  plan("a"),
  plan("b", [ref("a", onDelete)]),
  plan("c", [ref("b", onDelete)]),
  plan("d", [ref("c", "cascade")]),
]

describe.each([
  ["foreign keys on, as D1 has them", true],
  ["foreign keys off, as the file's and the server's drivers have them", false],
] as const)("a migration keeps the rows with %s", (_, foreignKeys) => {
  const keeps = (from: Plan[], to: Plan[]) => survives(from, to, randomOf(7), foreignKeys)

  test.each(actions)("of children and grandchildren: %s", async (onDelete) => {
    const statements = await keeps(chain(onDelete), changed(chain(onDelete), "a"))
    expect(statements.filter((each) => each.startsWith("DROP TABLE `a`"))).toHaveLength(1)
    await keeps(chain(onDelete), changed(chain(onDelete), "a", "b", "c", "d"))
  })

  test.each(actions)("of a table that refers to itself: %s", async (onDelete) => {
    const from = [plan("a", [ref("a", onDelete)]), plan("b", [ref("a", onDelete), ref("b", onDelete)])]
    await keeps(from, changed(from, "a"))
    await keeps(from, changed(from, "b"))
    await keeps(from, changed(from, "a", "b"))
  })

  test.each(actions)(
    "of two children, and of one that refers to two rebuilt tables: %s",
    async (onDelete) => {
      const from = [
        plan("a"),
        plan("b"),
        plan("c", [ref("a", onDelete), ref("b", "cascade")]),
        plan("d", [ref("a", "set null"), ref("a", onDelete, "other_id")]),
      ]
      await keeps(from, changed(from, "a", "b"))
      await keeps(from, changed(from, "a", "c"))
    },
  )

  test.each(actions)("of tables that refer to each other: %s", async (onDelete) => {
    const from = [
      plan("a", [ref("b", "set null")]),
      plan("b", [ref("c", onDelete)]),
      plan("c", [ref("a", onDelete), ref("a", "cascade", "other_id")]),
    ]
    await keeps(from, changed(from, "a"))
    await keeps(from, changed(from, "b"))
    await keeps(from, changed(from, "a", "b", "c"))
  })

  test("of a table whose parent is dropped, and whose reference changes what it does", async () => {
    const from = [
      plan("a"),
      plan("b", [ref("a", "cascade")]),
      plan("c", [ref("b", "cascade"), ref("a", "restrict")]),
    ]
    await keeps(from, [plan("b"), plan("c", [ref("b", "set null")])])
    await keeps(from, [plan("c"), plan("a")])
    await keeps(from, [plan("a"), plan("b", [ref("a", "restrict")]), plan("c", [ref("b", "cascade")])])
  })

  test("and rebuilds nothing for columns that SQLite can add", async () => {
    const from = [plan("a"), plan("b", [ref("a", "cascade")])]
    const statements = await keeps(from, [
      plan("a", [ref("a", "restrict"), ref("b", "set null")], { extra: "bounded" }),
      plan("b", [ref("a", "cascade")], { extra: "flag" }),
    ])
    expect(statements.filter((each) => /^(DROP|DELETE|INSERT|CREATE TABLE|PRAGMA)/.test(each))).toEqual([])
    await keeps(from, [plan("a", [], { extra: "instants" }), plan("b", [ref("a", "cascade")])])
  })

  test("of schemas and changes made at random", { timeout: 240_000 }, async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const random = randomOf(seed)
      const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
      const names = ["a", "b", "c", "d", "e"]
      const from = names.map((name) =>
        plan(
          name,
          names.filter(() => random() < 0.35).map((to) => ref(to, pick(actions))),
        ),
      )
      const gone = random() < 0.3 ? [pick(names)] : []
      const to = from
        .filter(({ name }) => !gone.includes(name))
        .map((each) => ({
          ...(random() < 0.5 ? { ...each, max: each.max + 1 } : each),
          ...(random() < 0.2 ? { extra: pick(["bounded", "flag", "instants"] as const) } : {}),
          references: each.references
            .filter((one) => !gone.includes(one.to) && random() < 0.9)
            .map((one) => (random() < 0.1 ? { ...one, onDelete: pick(actions) } : one)),
        }))
      // A table that is new, with references both ways.
      if (random() < 0.3) {
        const [other] = to
        other?.references.push(ref("f", pick(actions)))
        to.push(
          plan(
            "f",
            to.slice(1).map(({ name }) => ref(name, pick(actions))),
          ),
        )
      }
      await survives(from, to, random, foreignKeys).catch((error: Error) => {
        throw new Error(`${seed}: ${error.message}: ${JSON.stringify({ from, to })}`, { cause: error })
      })
    }
  })
})
