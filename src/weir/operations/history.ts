import { historySql } from "../db/dialect/expressions.ts"
import type { Change, Statement } from "../db/driver.ts"
import type { Values } from "../query/query.ts"
import type { Resource } from "../resource/resource.ts"
import { clause } from "../resource/rules.ts"
import { hasKey, keyValues } from "../sql/columns.ts"
import {
  compileFirstVersions,
  compileNote,
  compileNoted,
  compileSweep,
  compileVersions,
  historyValue,
  madeRows,
  type Verb,
} from "../sql/history.ts"
import { type Plan, planOf, withValues } from "../sql/plan.ts"
import { isWritten, writtenBy } from "../sql/returned.ts"
import { writtenRow } from "../sql/returning.ts"
import type { Call } from "./call.ts"
import type { Write } from "./commit.ts"

/** The statements that keep the versions of the rows of a write, in its own transaction. */
export interface WriteHistory {
  before: Statement[]
  /** The write's own statements, the first of which is the write, with those that come after them. */
  around(own: Statement[]): Statement[]
}

/** For the cache: the rows of the resource are not written by these. */
const change: Change = { verb: "insert", table: "weir_row_history", references: [], moves: false }

const dayMs = 86_400_000

/** How the versions of a write's rows are kept. A write of a resource without history has none. */
export function historyOf(call: Call, write: Write): WriteHistory {
  const { resource, rows } = write
  const verb = write.verb as Verb
  const { lastWrite } = historySql
  const keep = resource.history?.keep
  const values: Values = {
    ...rows?.values,
    ...(write.many && { "@places": JSON.stringify(write.many.places) }),
    [historyValue.by]: call.viewer.id === undefined ? null : String(call.viewer.id),
    [historyValue.cutoff]: keep && new Date(Date.now() - keep * dayMs).toISOString(),
  }
  const told = (plan: Plan): Statement => ({ ...withValues(plan, values), change })
  const kept = (shape: string, make: () => Plan) => told(planOf(resource, `history:${shape}`, make))
  // Upserts come by the thousand, and find their rows by the same columns.
  const ofRows = (shape: string, make: () => Plan) =>
    told(write.upserted ? planOf(resource, `history:${shape}:${write.upserted.target}`, make) : make())
  const sweep = () => kept(`sweep:${keep}`, () => compileSweep(resource, keep !== undefined))
  if (lastWrite && verb === "insert") {
    const by = call.recording ? "byRecord" : write.many ? "byCount" : "byNumber"
    const hasKey = by === "byRecord" && !rows && writtenBy(write) === "values"
    const first = hasKey
      ? { ...withValues(byValues(resource, lastWrite), { ...write.values, ...values }), change }
      : rows
        ? ofRows("first", () => compileFirstVersions(resource, madeRows.byCondition(rows.where, lastWrite)))
        : kept(`first:${by}`, () => compileFirstVersions(resource, madeRows[by](resource, lastWrite)))
    const after = keep === undefined ? [first] : [first, sweep()]
    return { before: [], around: (own) => [...own, ...after] }
  }
  const changed = verb === "upsert" ? "update" : verb
  // Of the rows that an unlink may delete, it deletes all that it may.
  const isPart = rows !== undefined && verb === "delete" && !resource.softDelete
  const after = [
    kept(`versions:${changed}:${isPart}`, () => compileVersions(resource, changed, isPart)),
    ...(lastWrite && rows && verb === "upsert"
      ? [
          ofRows("made", () =>
            compileFirstVersions(resource, madeRows.byAbsence(resource, rows.where, lastWrite)),
          ),
        ]
      : []),
    sweep(),
  ]
  if (lastWrite) return { before: [note(write, changed)], around: (own) => [...own, ...after] }
  const { noted } = planOf(resource, `history:noted:${verb}`, () => ({ noted: compileNoted(resource, verb) }))
  return {
    before: [],
    around: ([statement, ...own]) => [
      ...(statement ? [{ ...statement, text: notedWithin(statement.text, noted) }] : []),
      ...own,
      ...after,
    ],
  }
}

/** Of an insert whose key is among its values. */
const byValues = (resource: Resource, lastWrite: NonNullable<typeof historySql.lastWrite>): Plan =>
  planOf(resource, "history:first:byValues", () =>
    compileFirstVersions(resource, madeRows.byCondition(isWritten(resource, "values"), lastWrite)),
  )

/** The text of a write that notes its rows in the same statement: it may keep a record of them already. */
function notedWithin(text: string, noted: string): string {
  const answer = ' select * from "@written"'
  const end = text.startsWith('with "@written"(') ? text.lastIndexOf(answer) : -1
  const own = end < 0 ? `with "@written"("@body", "@key") as (${text})` : text.slice(0, end)
  return `${own}, "@noted" as (${noted})${end < 0 ? answer : text.slice(end)}`
}

/** Notes the rows that a write may change, as they are before. */
function note({ resource, key, rows, upserted }: Write, verb: Verb): Statement {
  const row = writtenRow(resource)
  if (rows) {
    const make = () => compileNote(resource, verb, rows.where)
    const plan = upserted ? planOf(resource, `history:note:${upserted.target}`, make) : make()
    return { ...withValues(plan, rows.values), change }
  }
  const plan = planOf(resource, `history:note:${verb}`, () =>
    compileNote(resource, verb, clause(hasKey(resource, row))),
  )
  if (key === undefined) throw new Error(`${resource.name}: a write does not say which rows it changes`)
  return { ...withValues(plan, keyValues(resource, key)), change }
}
