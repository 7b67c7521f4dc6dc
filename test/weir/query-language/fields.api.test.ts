// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { expect, test } from "vitest"
import { fieldsOf, namedBy, randomPath } from "./filters.ts"
import { parameterOf } from "./flat.ts"
import { isShown, kindOfField, model, type Row, seen, type TableName } from "./model.ts"
import { Random } from "./random.ts"
import { randomData } from "./rows.ts"
import { at, type Json } from "./values.ts"
import { queryWorld } from "./world.ts"

/** Members of JSON in `fields`, at random: each at its place, and what is missing left out. */
const count = Number(process.env.WEIR_TEST_FIELDS ?? 100)
const seed = Number(process.env.WEIR_TEST_SEED ?? 15)

type Members = { [name: string]: Json }

/** Puts a value at its place, beside what is there already. */
function put(into: Members, [name = "", ...rest]: string[], value: Json): void {
  const has = Object.hasOwn(into, name)
  const next = rest.length ? (has ? (into[name] as Members) : {}) : value
  if (!has) Object.defineProperty(into, name, { value: next, enumerable: true, configurable: true })
  if (rest.length) put(next as Members, rest, value)
}

/** The row as fields at places show it. A shorter place shows all that is in it. */
function shown(table: TableName, row: Row, places: string[][]): Row {
  const answer: Row = {}
  for (const [field = "", ...path] of [...places].sort((a, b) => a.length - b.length)) {
    const value = seen(table, row, field)
    if (value === undefined) continue
    if (path.length === 0) answer[field] = value
    else {
      const covered = places.some(
        (other) => other.length <= path.length && other.every((name, i) => name === [field, ...path][i]),
      )
      if (covered) continue
      answer[field] ??= {}
      const inner = at(value, path)
      if (inner !== undefined) put(answer[field] as Members, path, inner)
    }
  }
  return answer
}

/** JSON that is equal however its members are ordered and zero is signed. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_name, one) =>
    one && typeof one === "object" && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one === 0
        ? 0
        : one,
  )

/** The members of a document stand beside those that the engine sets. */
function flattened(table: TableName, row: Row): Row {
  const { [model[table].document ?? ""]: document = {}, ...rest } = row
  return { ...rest, ...(document as Row) }
}

test.each<TableName>(["things", "papers"])(
  `${count} random sets of fields of %s`,
  async (table) => {
    const data = randomData(seed)
    const w = await queryWorld(data)
    const random = new Random(seed)
    const wrong: unknown[] = []
    for (let i = 0; i < count && wrong.length < 3; i++) {
      const places = Array.from({ length: 1 + random.below(6) }, () => {
        const field = random.pick(fieldsOf(table))
        const isJson = kindOfField(table, field) === "json"
        const isWithin = isJson && (table === "papers" || random.chance(0.9))
        const path = isWithin ? randomPath(random, data, table, field) : []
        // A name with a dot is two.
        return [field, ...path].join(".").split(".")
      }).filter((place) => !place.slice(1).some((name) => /^\d+$|,/.test(name)))
      const named = places.map(([field = "", ...path]) => [...namedBy(table, field), ...path].join("."))
      const fields = named.join(",")
      if (!fields) continue
      const { status, body, text } = await w.call(
        "GET",
        `/${table}?limit=150&${parameterOf("fields", "eq", fields)}`,
      )
      const got = status === 200 ? (body as Row[]) : [text]
      const rows = data[table].filter(isShown)
      const inOrder = table === "papers" ? w.oracle.sorted(table, "", rows) : rows
      const expected = inOrder.map((row) => flattened(table, shown(table, row, places)))
      for (const [j, row] of expected.entries())
        if (JSON.stringify(plain(got[j])) !== JSON.stringify(plain(row))) {
          wrong.push({ fields, got: got[j], row })
          break
        }
    }
    await w.close()
    expect(wrong).toEqual([])
  },
  600_000,
)
