import { classify } from "../db/dialect/errors.ts"
import { propertyOf } from "../db/dialect/foreign-keys.ts"
import type { Row } from "../db/driver.ts"
import { type FieldIssue, forbidden, notFound, outrun, type Problem } from "../problem.ts"
import type { Values } from "../query/query.ts"
import type { RowKey } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { keyValues } from "../sql/columns.ts"
import { ownValues, type Plan, planOf, planWithMade, withValues } from "../sql/plan.ts"
import {
  compileVerdicts,
  createRequirements,
  type Requirement,
  updateRequirements,
} from "../sql/requirements.ts"
import { compileReferences, writtenKeys } from "../sql/written-keys.ts"
import type { Call } from "./call.ts"
import { isReference, notToSet, unknownReference, writeProblem } from "./conflicts.ts"
import { knownOf, type MadeValues, namedOf } from "./input.ts"
import { valueProblem } from "./refused-values.ts"

/** A row that was to be inserted, and the fields of it that the client chose. */
interface Attempt {
  columns: Values
  chosen: string[]
}

/**
 * What a failed create amounts to: what a rule forbids or a row names in vain is looked up after the failure. `many`:
 * whether its rows came in an array.
 */
export async function createProblem(
  call: Call,
  resource: Resource,
  error: unknown,
  attempts: Attempt[],
  many: boolean,
): Promise<unknown> {
  const kind = classify(error)?.kind
  const index = attempts.length === 1 ? 0 : (error as { statementIndex?: unknown }).statementIndex
  const failed = many && typeof index === "number" && index >= 0 ? index : undefined
  const prefix = failed === undefined ? [] : [String(failed)]
  if (kind === "rule")
    return (
      (await firstRefusal(call, resource, attempts, many, failed)) ??
      forbidden(`You may not create this row of ${resource.name}`)
    )
  const columns = attempts[failed ?? 0]?.columns ?? {}
  if (kind === "foreign_key") return referenceProblem(call, resource, error, columns, prefix)
  return valueProblem(call, resource, error, columns, prefix)
}

/** Rows that are judged at once: each is a round trip. */
const judgedTogether = 20

/** What is at fault in the failed row. Where the driver does not know which statement failed, all are looked through. */
async function firstRefusal(
  call: Call,
  resource: Resource,
  attempts: Attempt[],
  many: boolean,
  failed: number | undefined,
): Promise<Problem | undefined> {
  const judge = (attempt: Attempt | undefined, i: number) =>
    attempt && refusalOf(call, resource, attempt, many ? [String(i)] : [])
  if (failed !== undefined) return judge(attempts[failed], failed)
  for (let from = 0; from < attempts.length; from += judgedTogether) {
    const some = attempts.slice(from, from + judgedTogether)
    const problem = (await Promise.all(some.map((attempt, i) => judge(attempt, from + i)))).find(Boolean)
    if (problem) return problem
  }
  return undefined
}

/** What is at fault in a row that was to be created; undefined where no rule forbids it now. */
export async function refusalOf(
  call: Call,
  resource: Resource,
  { columns, chosen }: Attempt,
  prefix: string[],
): Promise<Problem | undefined> {
  const { viewer } = call
  const names = Object.keys(columns)
  const named = knownOf(chosen, columns)
  const requirements = createRequirements(resource, viewer.kind, names, chosen, undefined, named)
  const plan = planOf(resource, `verdicts:create:${viewer.kind}:${names}:${chosen}:${named}`, () =>
    compileVerdicts(requirements),
  )
  const row = await verdicts(call, plan, { ...columns, ...ownValues(viewer) })
  const broken = firstBroken(requirements, row ?? [])
  if (broken) return problemOf(broken, `You may not create this row of ${resource.name}`, prefix)
  // What the transaction would have made is gone, so that nothing else can be at fault.
  const later = laterReferences(resource, namedOf(resource, chosen, columns), columns)
  return later.length ? unknownReference(later.map((name) => [...prefix, name].join("."))) : undefined
}

/** Those of the names whose values, which other statements of the transaction would make, refer to rows. */
const laterReferences = (resource: Resource, names: string[], columns: Values): string[] => {
  const known = knownOf(names, columns)
  return names.filter((name) => !known.includes(name) && isReference(resource, name))
}

/** How often a write is tried that changed no row, although nothing forbids it: another request came between. */
export const maxTries = 3

/**
 * What a write leaves, such as the row that it changes. Where it leaves nothing, `refuse` throws why; where nothing forbids
 * it, it is tried again. Throws a 409 where others outrun it each time.
 */
export async function persistently<T>(
  write: () => Promise<T | undefined>,
  refuse?: () => Promise<void>,
): Promise<T> {
  for (let tries = 0; tries < maxTries; tries++) {
    const left = await write()
    if (left !== undefined) return left
    await refuse?.()
  }
  throw outrun()
}

/**
 * Why an update changed no row: a 404 for a row that the viewer cannot see, a 422 for a row that it names in vain,
 * a 403 for what a rule forbids. Undefined where nothing forbids it now.
 */
export async function updateRefusal(
  call: Call,
  resource: Resource,
  id: RowKey,
  columns: Values,
  made: MadeValues,
): Promise<Problem | undefined> {
  const { viewer } = call
  const names = Object.keys(columns)
  const requirements = updateRequirements(resource, viewer.kind, names, made)
  const shape = `verdicts:update:${viewer.kind}:${names}:${made.bound}`
  const plan = planWithMade(resource, shape, made.expressions, () =>
    compileVerdicts(requirements, resource, viewer.kind),
  )
  const values = { ...columns, ...made.values, ...keyValues(resource, id), ...ownValues(viewer) }
  const row = await verdicts(call, plan, values)
  if (!row) return notFound()
  const broken = firstBroken(requirements, row)
  const later = broken ? [] : laterReferences(resource, names, columns)
  if (!broken) return later.length ? unknownReference(later) : undefined
  if (broken.of === "row") return notToChange(resource)
  return problemOf(broken, `This row of ${resource.name} is not yours to change so`, [])
}

export const notToChange = ({ name }: Resource): Problem =>
  forbidden(`This row of ${name} is not yours to change`)

/** Throws why an update changed no row, if there is a reason now. */
export async function refuseUpdate(...update: Parameters<typeof updateRefusal>): Promise<void> {
  const refusal = await updateRefusal(...update)
  if (refusal) throw refusal
}

/** Which references of a failed write name nothing. SQLite does not say, so they are looked up. */
export async function referenceProblem(
  call: Call,
  resource: Resource,
  error: unknown,
  columns: Values,
  prefix: string[] = [],
): Promise<unknown> {
  const failure = classify(error)
  const names = Object.keys(columns)
  const known = knownOf(names, columns)
  const later = laterReferences(resource, names, columns)
  const isUnnamed = failure?.kind === "foreign_key" && failure.columns.length === 0
  if (!isUnnamed) return valueProblem(call, resource, error, columns, prefix)
  const keys = writtenKeys(resource, known)
  if (keys.length + later.length < 2)
    return writeProblem(error, resource, later.length ? later : known, prefix)
  const plan = planOf(resource, `references:${known}`, () => compileReferences(resource, keys))
  const row = keys.length ? await verdicts(call, plan, columns) : []
  const missing = keys.filter((_, i) => Number(row?.[i]) === 0).flatMap((key) => key.columns)
  const missed = missing.map((column) => propertyOf(resource.table, column) ?? column)
  const at = (missed.length ? missed : later).map((name) => [...prefix, name].join("."))
  return at.length ? unknownReference(at) : writeProblem(error, resource, known, prefix)
}

const verdicts = async (call: Call, plan: Plan, values: Values): Promise<Row | undefined> =>
  (await call.client().query(withValues(plan, values, true)))[0]

const firstBroken = (requirements: Requirement[], row: Row): Requirement | undefined =>
  requirements.find((_, i) => Number(row[i]) === 0)

/** The problem of a requirement that does not hold, for the row at `prefix`. */
export function problemOf(broken: Requirement, detail: string, prefix: string[]): Problem {
  const paths = broken.columns.map((column) => [...prefix, column].join("."))
  if (broken.of === "reference") return unknownReference(paths)
  if (broken.of === "field") return notToSet(paths)
  const issues = paths.map(
    (path): FieldIssue => ({ path, message: "may not have this value here", code: "forbidden_value" }),
  )
  return forbidden(detail, issues.length ? issues : undefined)
}
