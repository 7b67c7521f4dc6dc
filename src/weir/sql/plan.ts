import { is, Param, Placeholder, type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import type { Statement, Value } from "../db/dialect/statement.ts"
import { LaterValue } from "../lib/later-value.ts"
import { memo } from "../lib/memo.ts"
import type { Values } from "../query/query.ts"
import { versionName } from "../resource/names.ts"
import type { Viewer } from "../resource/viewer.ts"
import { withLater } from "./later.ts"

/** A compiled statement: its text, and where each of its params comes from. */
export interface Plan {
  text: string
  bind: ({ name: string } | { value: Value })[]
  /** See `Statement.bounded`. */
  bounded?: boolean
  /** See `Statement.scans`. */
  scans?: string[] | undefined
  /** Whether validators are to be put into the answer. */
  hasVersions?: boolean
}

/**
 * Names of the values that the engine itself binds: no column has such a name, so that a write may bind its columns
 * by their own.
 */
export const ownValue = {
  viewer: "@viewer",
  /** Before the path of a claim. */
  claim: "@claim:",
  key: "@key",
  parentKey: "@parentKey",
  answerLimit: "@answerLimit",
  rows: "@rows",
} as const

/** The values of a viewer, by the names that `viewerSql` binds. */
export const ownValues = ({ id, claims }: Viewer): Values =>
  claims ? { ...claimValues(claims), [ownValue.viewer]: id } : { [ownValue.viewer]: id }

const claimed = new WeakMap<object, Values>()

/** Deepest that claims are read. */
const maxClaimDepth = 4

/** Each claim as text, by its path; a list as JSON. */
function claimValues(claims: Readonly<Record<string, unknown>>): Values {
  const earlier = claimed.get(claims)
  if (earlier) return earlier
  const values: Values = {}
  const read = (value: unknown, path: string, depth: number): void => {
    if (value === null || value === undefined) return
    if (typeof value === "object" && !Array.isArray(value)) {
      if (depth < maxClaimDepth)
        for (const [name, inner] of Object.entries(value))
          read(inner, path ? `${path}.${name}` : name, depth + 1)
    } else values[ownValue.claim + path] = typeof value === "object" ? JSON.stringify(value) : String(value)
  }
  read(claims, "", 0)
  claimed.set(claims, values)
  return values
}

/** A value that a statement is given each time it runs. */
export const bound = (name: string): SQL => sql`${sql.placeholder(name)}`

/** Renders a statement once. Everything that varies must be a `bound` value. */
export function compile(query: SQL): Plan {
  const { text, params } = expressions.render(query)
  const bind = params.map((param) => {
    const inner = is(param, Param) ? param.value : param
    return is(inner, Placeholder) ? { name: inner.name } : { value: expressions.param(inner) }
  })
  return { text, bind }
}

/** A statement with its values; `single` where it answers one row at the most. */
export function withValues(plan: Plan, values: Values, single = false): Statement {
  const params: Value[] = []
  let isLater = false
  for (const slot of plan.bind) {
    const value = "name" in slot ? (values[slot.name] ?? null) : slot.value
    if ((value as unknown) instanceof LaterValue) isLater = true
    params.push(value as Value)
  }
  const { text, bounded = false, scans } = plan
  const statement: Statement = { text, params, single, bounded, scans }
  if (isLater) Object.assign(statement, withLater(plan, params))
  if (plan.hasVersions) statement.versions = versionsFor(values)
  return statement
}

/** Which member stands for validators, and whose they are. */
export const versionsFor = (values: Values): NonNullable<Statement["versions"]> => ({
  member: versionName,
  viewer: values[ownValue.viewer] as Value | undefined,
})

/** The plan of a shape, compiled on its first use. The owner is the resource or relation that it reads or writes. */
export const planOf = memo(500)

/** As `planOf`, but compiled each time where the team's code makes SQL: it may be another each time. */
export const planWithMade = (
  owner: object,
  shape: string,
  expressions: Record<string, SQL>,
  compileShape: () => Plan,
): Plan => (Object.keys(expressions).length ? compileShape() : planOf(owner, shape, compileShape))
