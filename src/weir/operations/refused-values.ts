import { sql } from "drizzle-orm"
import { dialectName } from "../db/dialect/choose.ts"
import { classify } from "../db/dialect/errors.ts"
import { expressions } from "../db/dialect/expressions.ts"
import type { Values } from "../query/query.ts"
import type { Resource } from "../resource/resource.ts"
import { bound, compile, ownValue, type Plan, planOf, withValues } from "../sql/plan.ts"
import { typedValue } from "../sql/requirements.ts"
import type { Call } from "./call.ts"
import { checkOf, refusedValues, writeProblem } from "./conflicts.ts"
import type { RowGroup } from "./create-many.ts"
import { knownOf } from "./input.ts"

/** Most values that are named. */
const maxNamed = 20

/** Whether the database refused values without saying which: Postgres names no column of a text that its type cannot read. */
function isUnnamed(resource: Resource, error: unknown): boolean {
  const failure = classify(error)
  if (dialectName !== "postgres" || failure?.kind !== "invalid") return false
  // The check may be that of a column's type.
  return failure.columns.length === 0 && checkOf(resource, failure) === undefined
}

/** Whether the database refuses what a statement makes of values. */
async function refuses(call: Call, plan: Plan, values: Values): Promise<boolean> {
  try {
    await call.client().query(withValues(plan, values, true))
    return false
  } catch (error) {
    if (classify(error)?.kind === "invalid") return true
    throw error
  }
}

/** The problem of a failed write. Which value the type of its column cannot hold is looked up, each by a statement. */
export async function valueProblem(
  call: Call,
  resource: Resource,
  error: unknown,
  columns: Values,
  prefix: string[],
): Promise<unknown> {
  const names = Object.keys(columns)
  if (!isUnnamed(resource, error)) return writeProblem(error, resource, names, prefix)
  const given = knownOf(names, columns).filter((name) => columns[name] !== null && resource.fields[name])
  const refused = await Promise.all(
    given.map((name) => {
      const plan = planOf(resource, `value:${name}`, () => compile(sql`select ${typedValue(resource, name)}`))
      return refuses(call, plan, { [name]: columns[name] as Values[string] })
    }),
  )
  const paths = given.filter((_, i) => refused[i]).map((name) => [...prefix, name].join("."))
  return paths.length ? refusedValues(paths) : writeProblem(error, resource, names, prefix)
}

/** The same of rows that one statement was to create: those at fault are found by halves. */
export async function valuesProblem(
  call: Call,
  resource: Resource,
  error: unknown,
  groups: RowGroup[],
): Promise<unknown> {
  const paths: [place: number, path: string][] = []
  for (const { shape, list, places } of isUnnamed(resource, error) ? groups : []) {
    const rows = JSON.parse(list) as unknown[]
    for (const [i, name] of shape.columns.entries()) {
      const { type } = resource.fields[name] ?? {}
      if (!type) continue
      const value = type.sql.fromElement(sql`value`, i)
      const plan = planOf(resource, `values:${name}:${i}`, () =>
        compile(sql`select count(${value}) from ${expressions.elements(bound(ownValue.rows))}`),
      )
      const look = async (from: number, to: number): Promise<void> => {
        const values = { [ownValue.rows]: JSON.stringify(rows.slice(from, to)) }
        if (paths.length >= maxNamed || !(await refuses(call, plan, values))) return
        const place = places[from] as number
        if (to - from === 1) paths.push([place, `${place}.${name}`])
        else {
          const middle = (from + to) >> 1
          await look(from, middle)
          await look(middle, to)
        }
      }
      await look(0, rows.length)
    }
  }
  const written = new Set(groups.flatMap(({ shape }) => shape.columns))
  if (paths.length === 0) return writeProblem(error, resource, [...written])
  return refusedValues(paths.sort(([a], [b]) => a - b).map(([, path]) => path))
}
