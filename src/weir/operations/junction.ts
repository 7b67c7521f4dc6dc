import type { Row } from "../db/driver.ts"
import { parseWithLong } from "../lib/long-integer.ts"
import { forbidden, invalid, notFound, Problem } from "../problem.ts"
import type { Values } from "../query/query.ts"
import type { LinkColumns } from "../resource/junction.ts"
import { type Key, type KeyPart, keyParts, type RowKey } from "../resource/key.ts"
import type { Relation } from "../resource/resource.ts"
import { isOpenToAll } from "../resource/rules.ts"
import { keyValues } from "../sql/columns.ts"
import { compileIsLinked, compileUnlink, linkWhere } from "../sql/junction.ts"
import { ownValue, ownValues, type Plan, planOf, withValues } from "../sql/plan.ts"
import { exists, requireOpen, requireParent } from "./access.ts"
import type { Call } from "./call.ts"
import { changeOf } from "./change.ts"
import { commit } from "./commit.ts"
import { writeProblem } from "./conflicts.ts"
import { create } from "./create.ts"
import { checkBefore, isAsked, keyOfParts } from "./hooks.ts"
import { requireSame } from "./input.ts"
import { keepUnchanged } from "./recording.ts"
import { persistently } from "./refused.ts"

/** A link of many to many, by the keys of both sides. */
export interface Link {
  relation: Relation
  columns: LinkColumns
  parentKey: RowKey
  targetKey: RowKey
}

/**
 * Links two rows: creates the row of the junction, with what else `input` gives it. A link that is there stays as it is.
 * Throws a 404 for a parent that the viewer cannot see and for rows that are not there, a 401 or 403 where the
 * junction's rules for creates forbid the link, and a 422 that names every wrong member.
 *
 * @example await link(call, { relation, columns, parentKey: 1, targetKey: 2 }, {})
 */
export async function link(call: Call, link: Link, input: unknown): Promise<void> {
  const { relation, columns, parentKey } = link
  const { junction } = columns
  requireOpen(call, junction.rules.create)
  await requireParent(call, { relation, within: relation.source, parentKey })
  const pair = pairOf(link)
  const linked = async () => {
    try {
      return (
        (await create(call, junction, placed(input, pair), { unless: Object.keys(pair) })).rows.length > 0
      )
    } catch (error) {
      const problem = await linkProblem(call, link, error, pair)
      if (problem) throw problem
      return (await isLinked(call, link, false)) ? false : undefined
    }
  }
  if (!(await persistently(linked))) await keepUnchanged(call, null)
}

/** The columns of the junction that the keys of both sides fill. Throws a 404 where they contradict each other. */
function pairOf({ columns, parentKey, targetKey }: Link): Record<string, Key> {
  const pair: Record<string, Key> = {}
  const place = (names: readonly string[], key: RowKey) => {
    for (const [i, part] of keyParts(key).entries()) {
      const name = names[i] as string
      if (pair[name] !== undefined && pair[name] !== part) throw notFound()
      pair[name] = part as Key
    }
  }
  place(columns.source, parentKey)
  place(columns.target, targetKey)
  return pair
}

/** The input with the keys of both sides in it. Throws a 422 where it names others. */
function placed(input: unknown, pair: Record<string, Key>): unknown {
  const isObject = typeof input === "object" && input !== null && !Array.isArray(input)
  if (!isObject)
    throw invalid("The body is not valid", [
      { path: "body", message: "must be an object", code: "invalid_value" },
    ])
  const body = input as Record<string, unknown>
  requireSame(body, pair)
  return { ...body, ...pair }
}

/** What a failed link amounts to; undefined where another request has made it meanwhile, be it gone again or not. */
async function linkProblem(
  call: Call,
  link: Link,
  error: unknown,
  pair: Record<string, Key>,
): Promise<unknown> {
  if (!(error instanceof Problem)) return error
  if (error.code === "duplicate") {
    const names = Object.keys(pair)
    const isOfLink = error.issues?.length === names.length && error.issues.every(({ path }) => path in pair)
    return isOfLink || (await isLinked(call, link, false)) ? undefined : error
  }
  const isNoRow = error.issues?.some(({ path, code }) => code === "unknown_reference" && path in pair)
  if (!isNoRow) return error
  const { source, target } = link.relation
  const areThere =
    (await exists(call, source, link.parentKey)) && (await exists(call, target, link.targetKey))
  return areThere
    ? forbidden(`You may not link this ${target.singular} to this ${source.singular}`)
    : notFound()
}

/**
 * Removes a link: every row of the junction that makes it. Throws a 404 for a parent that the viewer cannot see and for a
 * link that is not there, and a 401 or 403 where the junction's rules for deletes forbid it.
 *
 * @example await unlink(call, { relation, columns, parentKey: 1, targetKey: 2 })
 */
export async function unlink(call: Call, link: Link): Promise<void> {
  const { relation, columns, parentKey } = link
  const { junction } = columns
  requireOpen(call, junction.rules.delete)
  await requireParent(call, { relation, within: relation.source, parentKey })
  const { kind } = call.viewer
  await persistently(
    () => removed(call, link),
    async () => {
      if (!(await isLinked(call, link, true))) throw notFound()
      // What is there, and not forbidden, has been made meanwhile.
      if (!isOpenToAll(junction.rules.delete, kind) && !(await removable(call, link)).length)
        throw forbidden(`This row of ${junction.name} is not yours to delete`)
    },
  )
}

/** The rows of the junction that an unlink removes; undefined where there are none. */
async function removed(call: Call, link: Link): Promise<Row[] | undefined> {
  const { relation, columns, parentKey } = link
  const { junction } = columns
  const { kind } = call.viewer
  const plan = planOf(relation, `unlink:${kind}`, () => compileUnlink(columns, kind))
  const key = keyOf(link)
  if (isAsked(junction, "delete", parentKey, link.targetKey)) {
    const rows = await removable(call, link)
    if (rows.length === 0) return undefined
    for (const [parts] of rows)
      await checkBefore(
        call,
        junction,
        "delete",
        undefined,
        keyOfParts(parseWithLong(parts as string) as KeyPart[]),
      )
  }
  // Where the key is not known, any row of the junction may be what is removed.
  const change = { ...changeOf(junction, "delete", key), moves: key === undefined }
  try {
    const values = valuesOf(call, link)
    const statement = { ...withValues(plan, values), change }
    const rows = junction.history && { where: linkWhere(columns), values }
    const [all] = await commit(call, [{ resource: junction, verb: "delete", key, rows, statement }])
    return all?.length ? all : undefined
  } catch (error) {
    throw writeProblem(error, junction, [])
  }
}

/** The keys of the rows that an unlink may remove. */
function removable(call: Call, link: Link): Promise<Row[]> {
  const { kind } = call.viewer
  const plan = planOf(link.relation, `unlinked:${kind}`, () => compileUnlink(link.columns, kind, true))
  return call.client().query(withValues(plan, valuesOf(call, link)))
}

/** The key of the junction's row, where it is made of the keys of both sides. */
function keyOf(link: Link): RowKey | undefined {
  const { keys } = link.columns.junction
  const pair = pairOf(link)
  const parts = keys.flatMap((name) => pair[name] ?? [])
  return keys.length > 0 && parts.length === keys.length && parts.length === Object.keys(pair).length
    ? parts
    : undefined
}

const valuesOf = (call: Call, { relation, parentKey, targetKey }: Link): Values => ({
  ...keyValues(relation.source, parentKey, ownValue.parentKey),
  ...keyValues(relation.target, targetKey),
  ...ownValues(call.viewer),
})

/** Whether a link is there: as far as the viewer may see, or at all. */
async function isLinked(call: Call, link: Link, visible: boolean): Promise<boolean> {
  const kind = visible ? call.viewer.kind : undefined
  const plan: Plan = planOf(link.relation, `linked:${kind}`, () => compileIsLinked(link.columns, kind))
  return (await call.client().query(withValues(plan, valuesOf(call, link), true))).length > 0
}
