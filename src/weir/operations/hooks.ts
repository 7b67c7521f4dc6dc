import type { Row } from "../db/driver.ts"
import { JsonText } from "../lib/json-text.ts"
import { LaterValue } from "../lib/later-value.ts"
import { parseWithLong } from "../lib/long-integer.ts"
import { invalid, Problem } from "../problem.ts"
import type { AfterWrite, BeforeUpdate, HookVerb } from "../resource/hooks.ts"
import { isLater, type KeyPart, type RowKey } from "../resource/key.ts"
import type { Nested, Resource } from "../resource/resource.ts"
import { routeViewer } from "../resource/viewer.ts"
import { nothingMade } from "../sql/requirements.ts"
import { toldAt } from "../sql/returning.ts"
import { orMissingParent } from "./access.ts"
import type { Call } from "./call.ts"
import type { Write } from "./commit.ts"
import { refuseUpdate } from "./refused.ts"

/**
 * Asks the hook before a write, if there is one, with the input as it was checked. Throws what the hook throws. Rules are
 * asked before it where the row is there already: it may tell of a row what its viewer must not know.
 */
export async function checkBefore(
  call: Call,
  resource: Resource,
  verb: HookVerb,
  input: Record<string, unknown> | undefined,
  key?: RowKey,
): Promise<void> {
  const hook = resource.options.before?.[verb]
  if (!hook || !call.hooks) return
  const event = {
    resource: resource.name,
    viewer: routeViewer(call.viewer),
    db: call.hooks.db,
    ...(input && { values: valuesOf(resource, input) }),
    ...(verb !== "create" && { key }),
  }
  await hook(event as unknown as BeforeUpdate)
}

/**
 * Whether a hook is to be asked before a change of that row. Throws a 422 where the same batch makes the row: nobody can
 * look at it before.
 */
export function isAsked(resource: Resource, verb: "update" | "delete", ...keys: RowKey[]): boolean {
  if (!resource.options.before?.[verb]) return false
  if (!keys.some(isLater)) return true
  const message = `names a row of this batch, and a check before each ${verb} must see it`
  throw invalid("The operation is not valid", [{ path: "path", message, code: "invalid_value" }])
}

/** Asks before an update, once the rules let the viewer change the row. */
export async function checkUpdate(
  call: Call,
  resource: Resource,
  id: RowKey,
  input: Record<string, unknown>,
): Promise<void> {
  if (!isAsked(resource, "update", id)) return
  await refuseUpdate(call, resource, id, {}, { ...nothingMade, values: {} })
  await checkBefore(call, resource, "update", input, id)
}

/** Asks before the creates of checked inputs. What is thrown in an array names the row. */
export async function checkCreates(
  call: Call,
  resource: Resource,
  inputs: Record<string, unknown>[],
  { many, nested }: { many: boolean; nested: Nested | undefined },
): Promise<void> {
  for (const [i, input] of inputs.entries())
    try {
      await checkBefore(call, resource, "create", input)
    } catch (error) {
      throw await orMissingParent(call, nested, many ? ofRow(error, i) : error)
    }
}

/** What a hook throws about a row of an array. */
export function ofRow(error: unknown, index: number): unknown {
  if (!(error instanceof Problem)) return error
  const { code, message, headers, status, members = {} } = error
  const issues = (error.issues ?? [{ path: "", message, code }]).map((issue) => ({
    ...issue,
    path: issue.path ? `${index}.${issue.path}` : String(index),
  }))
  return new Problem(code, message, { issues, headers, status, members, cause: error })
}

/** The values of an input by the names of fields: without secrets and what the same batch makes, and its JSON as values. */
function valuesOf({ fields, document }: Resource, input: Record<string, unknown>): object {
  const values: Record<string, unknown> = Object.create(null)
  for (const { name, secret } of Object.values(fields)) {
    const sent = secret || input[name] instanceof LaterValue ? undefined : input[name]
    const value = sent instanceof JsonText ? sent.toJSON() : sent
    if (name === document) Object.assign(values, value)
    else if (value !== undefined) values[name] = value
  }
  return Object.freeze(values)
}

/** Has the hooks after the writes called, one after the other, with the rows that these wrote, and answers with these. */
export function toldToHooks(call: Call, writes: Write[], results: Row[][]): Row[][] {
  const { hooks, viewer } = call
  const events = hooks ? writes.flatMap((write, i) => toldOf(write, results[i] ?? [])) : []
  if (events.length)
    hooks?.afterwards(async (db) => {
      for (const { resource, verb, row: written } of events) {
        let key: RowKey | undefined
        try {
          const text = written[toldAt(resource)] as string
          const row = JSON.parse(text)
          const exact = parseWithLong(text) as Record<string, KeyPart>
          key = keyOfParts(resource.keys.map((name) => exact[name] as KeyPart))
          const event = { resource: resource.name, verb, viewer: routeViewer(viewer), key, row, db }
          await resource.options.after?.[verb]?.(event as unknown as AfterWrite)
        } catch (error) {
          hooks.failed(`after.${verb} of ${resource.name}`, key, error)
        }
      }
    })
  return results
}

/** A key of the values of its columns; undefined for a table without one. */
export const keyOfParts = (parts: KeyPart[]): RowKey | undefined => (parts.length > 1 ? parts : parts[0])

interface Told {
  resource: Resource
  verb: HookVerb
  row: Row
}

const verbs = {
  insert: "create",
  update: "update",
  restore: "update",
  upsert: "update",
  delete: "delete",
} as const

/** What a write's hook is told of: each row that it wrote. */
function toldOf({ resource, verb: write, upserted }: Write, rows: Row[]): Told[] {
  const { after } = resource.options
  if (!after) return []
  const verbOf = (row: Row) => (upserted?.hasInserted(row) ? "create" : verbs[write])
  return rows.map((row) => ({ resource, verb: verbOf(row), row })).filter(({ verb }) => after[verb])
}
