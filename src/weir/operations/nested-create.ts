import { JsonText, keepText, wholeText } from "../lib/json-text.ts"
import { type FieldIssue, invalid, Problem } from "../problem.ts"
import type { RowKey } from "../resource/key.ts"
import { nestedCreates } from "../resource/nested-creates.ts"
import type { Nested, Relation, Resource } from "../resource/resource.ts"
import { requireOpen } from "./access.ts"
import { inBatch } from "./batch.ts"
import type { Created } from "./batch-runs.ts"
import { recordsPerStep, type Step, StepFailed } from "./batch-step.ts"
import type { Call } from "./call.ts"
import { type CreateOptions, type CreateResult, create } from "./create.ts"
import { NotGuarded } from "./recalled.ts"
import { laterMember, type Outcome, passing } from "./recording.ts"

/** Most rows of one request, those within others included. */
const maxRows = 1_000

/** A row that is to be created, and where it stands in the body. */
interface Planned {
  resource: Resource
  input: unknown
  place: string[]
  relation?: Relation
  /** The number of the step that creates its parent. */
  parent?: number
  hasChildren: boolean
}

/** The names of an object's members that are kept as text: JSON, and rows that are created with it. */
export const keptAsText = (resource: Resource): ReadonlySet<string> | "whole" => {
  if (resource.document) return "whole"
  const nested = Object.keys(nestedCreates(resource))
  return nested.length ? new Set([...resource.json, ...nested]) : resource.json
}

/** Whether a body creates rows of relations as well. */
export function hasNested(resource: Resource, input: unknown): boolean {
  const names = Object.keys(nestedCreates(resource))
  const rows = Array.isArray(input) ? input : [input]
  return (
    names.length > 0 && rows.some((row) => isObject(row) && names.some((name) => row[name] !== undefined))
  )
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof JsonText)

/**
 * Creates rows, and within them rows of relations that allow it, in one transaction, each under its own rules. Throws as
 * `create` does, with the place of what is wrong.
 *
 * @example await createNested(call, organizations, { name: "Acme", memberships: [{ user_id: "me", role: "admin" }] })
 */
export async function createNested(
  call: Call,
  resource: Resource,
  input: unknown,
  { nested, guard }: Pick<CreateOptions, "nested" | "guard">,
): Promise<CreateResult> {
  // The guard would be asked for the first row alone.
  if (guard) throw new NotGuarded()
  requireOpen(call, resource.rules.create)
  const many = Array.isArray(input)
  const planned = plannedRows(resource, many ? input : [input], many)
  const recording = call.recording ?? passing()
  const steps = planned.map(
    (row): Step<CreateResult> => ({
      isRead: false,
      changesWritten: false,
      isRecorded: row.hasChildren || call.recording !== undefined,
      creates: row.relation || nested ? undefined : createdBy(row),
      failed: (problem) => {
        throw problem
      },
      run: (own) =>
        create(own, row.resource, row.input, { nested: parentOf(row, planned, recording.record) ?? nested }),
    }),
  )
  try {
    const results = await inBatch(call, steps, recording)
    const own = planned.flatMap(({ parent }, i) => (parent === undefined ? (results[i]?.rows ?? []) : []))
    return { rows: own, many }
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error
    throw placedIn(error.cause, planned[error.step]?.place ?? [])
  }
}

const createdBy = ({ resource, input }: Planned): Created<CreateResult> => ({
  resource,
  input: () => input,
  answer: (row) => ({ rows: [row], many: false }),
})

/** Those of the outcomes of a nested create that are its own rows. */
export function ownRows(outcomes: Outcome[], input: unknown): Outcome[] {
  const count = Array.isArray(input) ? input.length : 1
  return outcomes.filter(({ position }) => position < count * recordsPerStep)
}

/** The query string of a read that shows what a body creates within its rows. */
export function nestedSearch(resource: Resource, input: unknown): string {
  const planned = plannedRows(resource, Array.isArray(input) ? input : [input], false)
  const paths = new Set(
    planned.flatMap(({ place, parent }) =>
      parent === undefined ? [] : place.filter((part) => !/^\d+$/.test(part)).join("."),
    ),
  )
  return `?include=${[...paths].join(",")}`
}

/** The rows of a body: its own first, then those within them. */
function plannedRows(resource: Resource, inputs: unknown[], many: boolean): Planned[] {
  const planned: Planned[] = inputs.map((input, i) => ({
    resource,
    input,
    place: many ? [String(i)] : [],
    hasChildren: false,
  }))
  // The list grows while it is gone through: what is added is gone through as well.
  for (const [i, row] of planned.entries()) {
    if (!isObject(row.input)) continue
    const input: Record<string, unknown> = { ...row.input }
    row.input = input
    for (const [name, relation] of Object.entries(nestedCreates(row.resource))) {
      const sent = input[name]
      if (sent === undefined) continue
      delete input[name]
      const place = [...row.place, name]
      for (const [n, child] of childrenOf(sent, relation.target, place).entries()) {
        row.hasChildren = true
        planned.push({
          resource: relation.target,
          input: child,
          place: [...place, String(n)],
          relation,
          parent: i,
          hasChildren: false,
        })
      }
      if (planned.length > maxRows)
        throw invalid("The body is not valid", [
          { path: "body", message: `must hold at most ${maxRows} rows in all`, code: "too_many" },
        ])
    }
  }
  return planned
}

function childrenOf(sent: unknown, target: Resource, place: string[]): unknown[] {
  const text = sent instanceof JsonText ? sent.text : "null"
  const value: unknown = JSON.parse(text)
  if (!Array.isArray(value))
    throw invalid("The body is not valid", [
      { path: place.join("."), message: "must be an array of objects", code: "invalid_type" },
    ])
  const verbatim = keptAsText(target)
  if (verbatim === "whole") return wholeText(value, text) as JsonText[]
  return verbatim.size ? keepText(value, text, verbatim) : value
}

function parentOf(row: Planned, planned: Planned[], record: string): Nested | undefined {
  if (row.parent === undefined || !row.relation) return undefined
  const within = (planned[row.parent] as Planned).resource
  const own = `${record}.${row.parent * recordsPerStep}`
  // Known to the database alone: each part reads the record of the parent.
  const parentKey = within.keys.map((key) => laterMember(within, key, own)) as unknown as RowKey
  return { relation: row.relation, within, parentKey }
}

function placedIn(error: unknown, place: string[]): unknown {
  if (!(error instanceof Problem) || place.length === 0) return error
  const { code, message, status, members, headers, cause } = error
  const issues = error.issues?.map(
    (issue): FieldIssue => ({ ...issue, path: [...place, issue.path].join(".") }),
  )
  const detail = issues ? message : `${place.join(".")}: ${message}`
  return new Problem(code, detail, { status, issues, headers, cause, ...(members ? { members } : {}) })
}
