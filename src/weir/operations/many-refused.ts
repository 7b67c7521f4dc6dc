import { caselessIndex } from "../db/dialect/caseless.ts"
import { classify } from "../db/dialect/errors.ts"
import { propertyOf, uniqueSets } from "../db/dialect/foreign-keys.ts"
import type { Row } from "../db/driver.ts"
import { inParts } from "../lib/pace.ts"
import { forbidden, Problem } from "../problem.ts"
import type { Resource } from "../resource/resource.ts"
import { checksOf } from "../resource/table-checks.ts"
import {
  compileRefused,
  compileTaken,
  compileUnchecked,
  compileUnknown,
  rowRequirements,
} from "../sql/insert-many.ts"
import { ownValue, ownValues, type Plan, planOf, withValues } from "../sql/plan.ts"
import { writtenKeys } from "../sql/written-keys.ts"
import type { Call } from "./call.ts"
import { checkOf, refusedValues, taken, unknownReference, writeProblem } from "./conflicts.ts"
import { areTogether, grouped, type NewRow, type RowGroup } from "./create-many.ts"
import { problemOf } from "./refused.ts"
import { valuesProblem } from "./refused-values.ts"
import { together } from "./rows.ts"

/**
 * What the failed create of independent rows amounts to: which of them are at fault, and for what, is looked up after the
 * failure, whichever the database met first. Where none is by then, it is what the error says.
 */
export async function manyProblem(
  call: Call,
  resource: Resource,
  error: unknown,
  groups: RowGroup[],
): Promise<unknown> {
  const kind = classify(error)?.kind
  const isOfRows = kind === "rule" || kind === "unique" || isOfWrongRow(resource, error)
  const unique = uniqueOf(resource, error)
  const refused: Found = []
  const wrong: Found = []
  for (const group of isOfRows ? groups : []) {
    const of = { call, resource, group }
    refused.push(...(await refusedRows(of)))
    wrong.push(...(await takenRows(of, error, unique)), ...(await wrongRows(of)))
  }
  // Of a row that may not be made, nothing else is told.
  const places = new Set(refused.map(({ place }) => place))
  const found = [...refused, ...wrong.filter(({ place }) => !places.has(place))]
  if (found.length) return together(inOrder(found), inOrder(refused)[0])
  if (kind === "rule") return forbidden(`You may not create these rows of ${resource.name}`)
  return valuesProblem(call, resource, error, groups)
}

/** Whether a row failed that names nothing by a reference, or does not hold a check. */
const isOfWrongRow = (resource: Resource, error: unknown): boolean => {
  const failure = classify(error)
  return failure?.kind === "foreign_key" || checkOf(resource, failure) !== undefined
}

/**
 * The rows of a failed upsert with references to nothing, or that do not hold a check, which a database asks of what it would
 * insert; undefined where none is found. `isWritten` says whether a row is written at all.
 */
export async function upsertedProblem(
  call: Call,
  resource: Resource,
  error: unknown,
  rows: NewRow[],
  isWritten: (place: number) => Promise<boolean>,
): Promise<Problem | undefined> {
  if (!isOfWrongRow(resource, error)) return undefined
  const groups = await grouped(resource, rows, false)
  if (!areTogether(call, resource, groups)) return undefined
  const wrong: Found = []
  for (const group of groups) wrong.push(...(await wrongRows({ call, resource, group })))
  const areWritten = await inParts(wrong, ({ place }) => isWritten(place))
  const written = wrong.filter((_, i) => areWritten[i])
  return written.length ? together(inOrder(written)) : undefined
}

const inOrder = (found: Found): Problem[] =>
  found.sort((a, b) => a.place - b.place).map(({ problem }) => problem)

interface Of {
  call: Call
  resource: Resource
  group: RowGroup
}
type Found = { place: number; problem: Problem }[]

/** The rows of a group that a plan names, as places in the request. */
async function rowsOf({ call, group }: Of, plan: Plan): Promise<{ place: number; row: Row }[]> {
  const values = { [ownValue.rows]: group.list, ...ownValues(call.viewer) }
  const rows = await call.client().query(withValues(plan, values))
  return rows.map((row) => ({ place: group.places[Number(row[0])] as number, row }))
}

async function refusedRows(of: Of): Promise<Found> {
  const { call, resource, group } = of
  const { kind } = call.viewer
  const { columns, chosen } = group.shape
  const requirements = rowRequirements(resource, kind, group.shape)
  // Some of the request's rows may ask for nothing.
  if (requirements.length === 0) return []
  const plan = planOf(resource, `refused:${kind}:${columns}:${chosen}`, () =>
    compileRefused(resource, group.shape, requirements),
  )
  return (await rowsOf(of, plan)).flatMap(({ place, row }) => {
    const broken = requirements.find((_, i) => Number(row.at(i - requirements.length)) === 0)
    const detail = `You may not create this row of ${resource.name}`
    return broken ? { place, problem: problemOf(broken, detail, [String(place)]) } : []
  })
}

/** The rows with values that others have, in the table or before them in the request, by each set of columns that is unique. */
async function takenRows(of: Of, error: unknown, { sets, caseless }: Unique): Promise<Found> {
  const { resource, group } = of
  const { columns } = group.shape
  const found: Found = []
  for (const set of sets) {
    if (set.length === 0 || set.some((name) => !columns.includes(name))) continue
    const isCaseless = set === caseless
    const plan = planOf(resource, `taken:${columns}:${set}:${isCaseless}`, () =>
      compileTaken(resource, group.shape, set, isCaseless),
    )
    for (const { place } of await rowsOf(of, plan))
      found.push({ place, problem: taken(resource, set, (name) => `${place}.${name}`, error) })
  }
  return found
}

/** Sets of fields that no two rows share, and that among them which the failed index compares without regard to case. */
interface Unique {
  sets: string[][]
  caseless?: string[] | undefined
}

function uniqueOf(resource: Resource, error: unknown): Unique {
  const { fields, keys, table, tableName } = resource
  const nameOf = (column: string) =>
    Object.values(fields).find((field) => field.column.name === column)?.name ?? column
  const sets = [[...keys], ...uniqueSets(table).map((set) => set.map(nameOf))]
  const failure = classify(error)
  if (failure?.kind !== "unique") return { sets }
  const named = writeProblem(error, resource, [])
  const failed = named instanceof Problem ? (named.issues ?? []).map(({ path }) => path) : []
  const others = sets.filter((set) => `${set}` !== `${failed}`)
  const isCaseless = failed.some((name) => failure.index === caselessIndex(tableName, name))
  return { sets: [failed, ...others], caseless: isCaseless ? failed : undefined }
}

/** The rows that name nothing by a reference, and those that do not hold a check. */
const wrongRows = async (of: Of): Promise<Found> => [...(await unknownRows(of)), ...(await uncheckedRows(of))]

async function unknownRows(of: Of): Promise<Found> {
  const { resource, group } = of
  const { columns } = group.shape
  const found: Found = []
  for (const key of writtenKeys(resource, columns)) {
    const names = key.columns.map((column) => propertyOf(resource.table, column) ?? column.name)
    const plan = planOf(resource, `unknown:${columns}:${names}`, () =>
      compileUnknown(resource, group.shape, names, key),
    )
    for (const { place } of await rowsOf(of, plan))
      found.push({ place, problem: unknownReference(names.map((name) => `${place}.${name}`)) })
  }
  return found
}

/** The rows that do not hold a check of their table, whichever of its checks. */
async function uncheckedRows(of: Of): Promise<Found> {
  const { resource, group } = of
  const found: Found = []
  for (const check of checksOf(resource)) {
    const sent = check.columns.filter((name) => group.shape.columns.includes(name))
    for (const { place } of await orNone(rowsOf(of, compileUnchecked(resource, group.shape, check))))
      found.push({
        place,
        problem: refusedValues(
          sent.map((name) => `${place}.${name}`),
          check,
        ),
      })
  }
  return found
}

/** What a look finds, or nothing where it fails: a check may ask for what only a row of the table has. */
async function orNone<T>(looking: Promise<T[]>): Promise<T[]> {
  try {
    return await looking
  } catch {
    return []
  }
}
