// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { expect, test } from "vitest"
import { fieldsOf, namedBy, randomPath, randomTree } from "./filters.ts"
import { parameterOf } from "./flat.ts"
import { kindOfField, model, type Row, type TableName } from "./model.ts"
import { type Oracle, placeOf } from "./oracle.ts"
import { Random } from "./random.ts"
import { randomData } from "./rows.ts"
import { at, compareJson, type Json, jsonText, kindOf } from "./values.ts"
import { queryWorld } from "./world.ts"

/** Groups by places in JSON and aggregates of what stands there, at random. `WEIR_TEST_AGGREGATES` says how many. */
const count = Number(process.env.WEIR_TEST_AGGREGATES ?? 60)
const seed = Number(process.env.WEIR_TEST_SEED ?? 15)

/** What counts as a value of a group, or of `min` and `max`. */
const scalarOf = (value: Json | undefined): Json =>
  ["number", "text", "boolean"].includes(kindOf(value) ?? "") ? (value as Json) : null

function valueAt(oracle: Oracle, table: TableName, row: Row, name: string): Json | undefined {
  const {
    relations,
    field = "",
    path,
  } = placeOf(table, name) as never as {
    relations: string[]
    field: string
    path: string[]
  }
  const [relation] = relations
  const [own, from] = relation
    ? [oracle.related(table, row, relation)[0], model[table].relations[relation]?.target as TableName]
    : [row, table]
  if (!own || (model[from].guarded.includes(field) && own.open !== true)) return undefined
  return at(own[field] ?? null, path)
}

const expectedRow = (values: (name: string) => (Json | undefined)[], of: string): Record<string, Json> => {
  const present = values(of).filter((value) => (value ?? null) !== null) as Json[]
  const scalars = present.filter((value) => scalarOf(value) !== null).sort(compareJson)
  const numbers = present.filter((value) => typeof value === "number")
  return {
    [`count_${of}`]: present.length,
    [`min_${of}`]: scalars[0] ?? null,
    [`max_${of}`]: scalars.at(-1) ?? null,
    [`sum_${of}`]: numbers.length ? numbers.reduce((sum, one) => sum + one, 0) : null,
  }
}

/** The rows of an answer, worked out over all rows. */
function aggregated(oracle: Oracle, table: TableName, rows: Row[], groups: string[], of: string): Row[] {
  const keyed = rows.map((row) => ({
    row,
    key: groups.map((name) => scalarOf(valueAt(oracle, table, row, name))),
  }))
  const byKey = Map.groupBy(keyed, ({ key }) => key.map((one) => `${typeof one}${String(one)}`).join("\0"))
  const all = [...byKey.values()].sort(([a], [b]) => {
    for (const [i, one] of (a?.key ?? []).entries()) {
      const order = compareJson(one, b?.key[i])
      if (order) return order
    }
    return 0
  })
  return all.map((members): Row => {
    const values = (name: string) => members.map(({ row }) => valueAt(oracle, table, row, name))
    const own = groups.map((name, i) => [name, members[0]?.key[i] as Json])
    return { ...Object.fromEntries(own), count: members.length, ...expectedRow(values, of) }
  })
}

/**
 * JSON has no infinity, sums differ in their last digits by the order of what is added, and SQLite reads one decimal of some
 * thousands with an error of one bit.
 */
const rounded = (rows: Row[]): Row[] =>
  rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => {
        if (typeof value !== "number") return [name, value]
        const digits = name.startsWith("sum_") ? 9 : 15
        return [name, Number.isFinite(value) ? Number(value.toPrecision(digits)) : null]
      }),
    ),
  )

const randomName = (random: Random, oracle: Oracle, table: TableName): string => {
  for (;;) {
    const relation = random.chance(0.15)
      ? Object.entries(model[table].relations).find(([, { kind }]) => kind === "one")
      : undefined
    const end = relation?.[1].target ?? table
    const field = random.pick(fieldsOf(end).filter((name) => kindOfField(end, name) === "json"))
    const path = randomPath(random, oracle.data, end, field)
    const name = [...(relation ? [relation[0]] : []), ...namedBy(end, field), ...path].join(".")
    if (!/[,():[\]]/.test(name) && !name.startsWith("-")) return name
  }
}

test(`${count} random aggregates answer as the oracle does`, async () => {
  const w = await queryWorld(randomData(seed))
  const random = new Random(seed)
  const wrong: unknown[] = []
  for (let i = 0; i < count && wrong.length < 4; i++) {
    const table = random.pick<TableName>(["papers", "papers", "things"])
    const groups = [
      ...new Set(Array.from({ length: random.below(3) }, () => randomName(random, w.oracle, table))),
    ]
    const of = randomName(random, w.oracle, table)
    const tree = random.chance(0.4)
      ? randomTree(random, w.oracle.data, table, 2, { comparisons: 8, steps: 2 })
      : {}
    const parameters = [
      parameterOf("aggregate", "eq", `count,count(${of}),min(${of}),max(${of}),sum(${of})`),
      ...(groups.length ? [parameterOf("group", "eq", groups.join(","))] : []),
      parameterOf(
        "filter",
        "eq",
        jsonText(tree, ([first]) => first as string),
      ),
      "limit=150",
    ]
    const path = `/${table}?${parameters.join("&")}`
    const { status, body, text } = await w.call("GET", path)
    const rows = w.oracle.rows(table, tree)
    const right = rows.length || groups.length ? aggregated(w.oracle, table, rows, groups, of) : []
    const got = status === 200 ? rounded(body as Row[]) : `${status} ${text}`
    const none = right.length === 0 && groups.length === 0
    if (none ? (got as Row[])[0]?.count === 0 : JSON.stringify(got) === JSON.stringify(rounded(right)))
      continue
    wrong.push({
      request: decodeURIComponent(path),
      got: JSON.stringify(got),
      expected: JSON.stringify(rounded(right)),
    })
  }
  await w.close()
  expect(wrong).toEqual([])
}, 3_600_000)
