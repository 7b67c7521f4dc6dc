import { expressions } from "../db/dialect/expressions.ts"
import type { Change, Statement } from "../db/driver.ts"
import type { Values } from "../query/query.ts"
import { clause } from "../resource/rules.ts"
import { hasKey, keyValues } from "../sql/columns.ts"
import {
  compileFirstVersions,
  compileNote,
  compileNoting,
  compileSweep,
  compileVersions,
  historyValue,
} from "../sql/history.ts"
import { type Plan, planOf, withValues } from "../sql/plan.ts"
import { writtenRow } from "../sql/returning.ts"
import type { Call } from "./call.ts"
import type { Write } from "./commit.ts"

/** Statements of which some are writes, and where these are. */
export interface WithHistory {
  statements: Statement[]
  places: number[]
}

/** Writes with the statements that keep the versions of their rows, where their resources do. */
export function withHistory(call: Call, writes: Write[], statements: Statement[]): WithHistory {
  const all: Statement[] = []
  const places: number[] = []
  for (const [i, write] of writes.entries()) {
    const statement = statements[i] as Statement
    const { before, own, after } = write.resource.history ? around(call, write, statement) : alone(statement)
    all.push(...before)
    places.push(all.length)
    all.push(own, ...after)
  }
  return { statements: all, places }
}

interface Around {
  before: Statement[]
  own: Statement
  after: Statement[]
}

const alone = (own: Statement): Around => ({ before: [], own, after: [] })

/** For the cache: the rows of the resource are not written by these. */
const change: Change = { verb: "insert", table: "weir_row_history", references: [], moves: false }

const dayMs = 86_400_000

function around(call: Call, write: Write, own: Statement): Around {
  const { resource, verb, rows } = write
  const { lastWrite } = expressions
  const keep = resource.history?.keep
  const values: Values = {
    [historyValue.by]: call.viewer.id === undefined ? null : String(call.viewer.id),
    [historyValue.cutoff]: keep && new Date(Date.now() - keep * dayMs).toISOString(),
  }
  const told = (shape: string, make: () => Plan): Statement => ({
    ...withValues(planOf(resource, `history:${shape}`, make), values),
    change,
  })
  const sweep = () => told(`sweep:${keep}`, () => compileSweep(resource, keep !== undefined))
  if (lastWrite && verb === "insert" && !rows) {
    const first = told("first", () => compileFirstVersions(resource, lastWrite))
    return { before: [], own, after: keep === undefined ? [first] : [first, sweep()] }
  }
  // Of the rows that an unlink may delete, it deletes all that it may.
  const isPart = rows !== undefined && verb === "delete" && !resource.softDelete
  const after = [told(`versions:${verb}:${isPart}`, () => compileVersions(resource, verb, isPart)), sweep()]
  if (lastWrite) return { before: [note(write)], own, after }
  const noting = planOf(resource, `history:noting:${verb}`, () => compileNoting(resource, verb))
  return { before: [], own: { ...own, text: noting.before + own.text + noting.after }, after }
}

/** Notes the rows that a write may change, as they are before. */
function note({ resource, verb, key, rows }: Write): Statement {
  const row = writtenRow(resource)
  if (rows) return { ...withValues(compileNote(resource, verb, rows.where), rows.values), change }
  const plan = planOf(resource, `history:note:${verb}`, () =>
    compileNote(resource, verb, clause(hasKey(resource, row))),
  )
  if (key === undefined) throw new Error(`${resource.name}: a write does not say which rows it changes`)
  return { ...withValues(plan, keyValues(resource, key)), change }
}
