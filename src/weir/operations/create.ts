import type { z } from "@hono/zod-openapi"
import type { Change, Row, Statement } from "../db/driver.ts"
import { requireJsonAccepted } from "../http/accept.ts"
import { readJson } from "../http/body.ts"
import type { AppContext } from "../http/context.ts"
import { reply } from "../http/reply.ts"
import { forbidden, invalid, notFound } from "../problem.ts"
import type { Values } from "../query/query.ts"
import type { Nested, Resource } from "../resource/resource.ts"
import type { Guard, Viewer } from "../resource/rules.ts"
import { createSchema, maxRows, updateSchema } from "../resource/schemas.ts"
import { compileCreate, compileCreateCheck, compileDelete, compileUpdate } from "../sql/insert.ts"
import { type Plan, planOf, withValues } from "../sql/plan.ts"
import { isOpenToAll } from "../sql/row.ts"
import { writeProblem } from "./conflicts.ts"
import { columnsToInsert, columnsToUpdate, parseBody, requireWritable } from "./input.ts"
import { exists, requireOpen, searchOf } from "./list.ts"
import { checkSecret } from "./secret.ts"

// Schemas are built on first use: a Worker pays for what it does at start-up.
const lazy = (make: (resource: Resource) => z.ZodObject) => {
  const made = new Map<Resource, z.ZodObject>()
  return (resource: Resource): z.ZodObject => {
    const known = made.get(resource) ?? make(resource)
    made.set(resource, known)
    return known
  }
}
const creates = lazy(createSchema)
const updates = lazy(updateSchema)

/** A guarded create that was not carried out: its viewer must be confirmed first. */
class NotGuarded extends Error {}

/**
 * `POST /resource` with one object or an array, and `POST /parent/{id}/resource`. A viewer from memory is
 * confirmed by the insert itself. Whatever goes wrong with it may be so only because it is no longer what it was:
 * then it is asked for, and the create begins anew.
 */
export async function create(c: AppContext, resource: Resource, nested?: Nested): Promise<Response> {
  const unconfirmed = c.get("unconfirmed")
  if (!unconfirmed) return insert(c, resource, nested)
  const { kind, id } = c.get("viewer")
  try {
    return await insert(c, resource, nested, unconfirmed.guard)
  } catch (error) {
    await unconfirmed.confirm()
    const now = c.get("viewer")
    if (now.kind === kind && now.id === id && !(error instanceof NotGuarded)) throw error
    return insert(c, resource, nested)
  }
}

async function insert(
  c: AppContext,
  resource: Resource,
  nested: Nested | undefined,
  guard?: Guard,
): Promise<Response> {
  requireJsonAccepted(c)
  requireOpen(c, resource.rules.create)
  refuseParams(c)
  const body = await readJson(c)
  const many = Array.isArray(body)
  // The guard would be asked before each row, and might hold for some of them only.
  if (many && guard) throw new NotGuarded()
  if (many && (body.length === 0 || body.length > maxRows(resource)))
    throw invalid("The body is not valid", [
      { path: "body", message: `must hold 1 to ${maxRows(resource)} objects`, code: "out_of_range" },
    ])
  const viewer = c.get("viewer")
  const inputs = (many ? body : [body]).map((one, i) => {
    const prefix = many ? [String(i)] : []
    return parseBody(creates(resource), nested ? placeWithin(one, nested, prefix) : one, prefix)
  })
  if (nested) await requireParent(c, nested)
  try {
    for (const input of inputs) requireWritable(resource, viewer, input, true)
  } catch (error) {
    throw await orMissingParent(c, nested, error)
  }
  const rows = await Promise.all(inputs.map((input) => columnsToInsert(resource, viewer, input)))
  await requireCreatable(c, resource, inputs, rows)
  const statements = rows.map((columns) => {
    const names = Object.keys(columns)
    if (guard && names.length === 0) throw new NotGuarded()
    const plan = planOf(resource, `create:${guard ? "guarded:" : ""}${viewer.kind}:${names}`, () =>
      compileCreate(resource, viewer.kind, names, guard),
    )
    const change = changeOf(resource, "insert")
    return { ...withValues(plan, { ...columns, viewer: viewer.id, ...guard?.values }), change }
  })
  const written = Object.keys(rows[0] as Values)
  let results: Row[][]
  try {
    results = await c.get("client")().batch(statements)
  } catch (error) {
    throw await orMissingParent(c, nested, writeProblem(error, resource, written, many ? indexOf(error) : []))
  }
  if (guard && !results[0]?.length) throw new NotGuarded()
  const bodies = results.map((result) => result[0]?.[0] as string)
  if (many) return reply(c, 201, `[${bodies.join(",")}]`, { location: `/${resource.name}` })
  return reply(c, 201, bodies[0] as string, { location: `/${resource.name}/${results[0]?.[0]?.[1]}` })
}

/** `PATCH /resource/{id}`: a merge patch. */
export async function update(c: AppContext, resource: Resource, id: number): Promise<Response> {
  requireJsonAccepted(c)
  requireOpen(c, resource.rules.update)
  refuseParams(c)
  const input = parseBody(updates(resource), await readJson(c))
  const viewer = c.get("viewer")
  requireWritable(resource, viewer, input, false)
  if (Object.keys(input).length === 0)
    throw invalid("The patch changes nothing", [
      { path: "body", message: "must hold at least one field", code: "empty" },
    ])
  await checkSecret(c, resource, id, input)
  const columns = await columnsToUpdate(resource, input)
  const names = Object.keys(columns)
  const plan = planOf(resource, `update:${viewer.kind}:${names}`, () =>
    compileUpdate(resource, viewer.kind, names),
  )
  const statement = withValues(plan, { ...columns, id, viewer: viewer.id })
  const rows = await change(c, resource, changeOf(resource, "update", id, names), statement, id, names)
  return reply(c, 200, rows[0]?.[0] as string)
}

/** `DELETE /resource/{id}`. */
export async function remove(c: AppContext, resource: Resource, id: number): Promise<Response> {
  requireOpen(c, resource.rules.delete)
  refuseParams(c)
  const viewer = c.get("viewer")
  const plan = planOf(resource, `delete:${viewer.kind}`, () => compileDelete(resource, viewer.kind))
  const statement = withValues(plan, { id, viewer: viewer.id })
  await change(c, resource, changeOf(resource, "delete", id), statement, id, [])
  return reply(c, 204, null)
}

/** What a write of this resource is told as. */
function changeOf(resource: Resource, verb: Change["verb"], id?: number, written: string[] = []): Change {
  const { name: table, key: column } = resource
  return {
    verb,
    table,
    ...(id === undefined ? {} : { row: { table, column, value: id } }),
    references: [...resource.references],
    moves: verb === "update" && written.some((name) => resource.references.has(name)),
  }
}

/** Runs a change of one row; without a row to change, 403 for one that the viewer can see, else 404. */
async function change(
  c: AppContext,
  resource: Resource,
  change: Change,
  statement: Statement,
  id: number,
  written: string[],
): Promise<Row[]> {
  const client = c.get("client")()
  let rows: Row[] | undefined
  try {
    rows = (await client.batch([{ ...statement, change }]))[0]
  } catch (error) {
    throw writeProblem(error, resource, written)
  }
  if (rows?.length) return rows
  if (await exists(client, resource, c.get("viewer"), id))
    throw forbidden(`This row of ${resource.name} is not yours to change`)
  throw notFound()
}

/** The input with the parent's id in it. Throws a 422 where it names another. */
function placeWithin(input: unknown, { relation, parentId }: Nested, prefix: string[]): unknown {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return input
  const named = (input as Record<string, unknown>)[relation.foreign]
  if (named !== undefined && named !== parentId)
    throw invalid("The body is not valid", [
      {
        path: [...prefix, relation.foreign].join("."),
        message: "is another than the path's",
        code: "conflict",
      },
    ])
  return { ...input, [relation.foreign]: parentId }
}

/** Throws a 403 for a row that its own values forbid to be created. */
async function requireCreatable(
  c: AppContext,
  resource: Resource,
  inputs: Record<string, unknown>[],
  rows: Values[],
): Promise<void> {
  const viewer = c.get("viewer")
  for (const [i, columns] of rows.entries()) {
    const names = Object.keys(columns)
    const input = inputs[i] ?? {}
    // What the client set to something else than it would have been anyway.
    const given = names.filter((name) => {
      const field = resource.fields[name]
      return field && input[name] !== undefined && input[name] !== field.initially?.(viewer)
    })
    const check = checkOf(resource, viewer.kind, names, given)
    // The next row may set what this one leaves alone.
    if (!check) continue
    const allowed = await c
      .get("client")()
      .query(withValues(check, { ...columns, viewer: viewer.id }, true))
    if (allowed.length === 0) throw forbidden(`You may not create this row of ${resource.name}`)
  }
}

/** Most resources have no rule that looks at a new row: that is found out once per shape. */
function checkOf(
  resource: Resource,
  kind: Viewer["kind"],
  names: string[],
  given: string[],
): Plan | undefined {
  const none: Plan = { text: "", bind: [] }
  const plan = planOf(resource, `check:${kind}:${names}:${given}`, () => {
    return compileCreateCheck(resource, kind, names, given) ?? none
  })
  return plan.text === "" ? undefined : plan
}

/** Throws a 404 for a parent that the viewer cannot see, where there are such rows at all. */
async function requireParent(c: AppContext, { within, parentId }: Nested): Promise<void> {
  const viewer = c.get("viewer")
  if (isOpenToAll(within.rules.read, viewer.kind)) return
  if (!(await exists(c.get("client")(), within, viewer, parentId))) throw notFound()
}

/** An error, or the 404 that comes before it when the parent is not there for the viewer. */
async function orMissingParent(c: AppContext, nested: Nested | undefined, error: unknown): Promise<unknown> {
  if (!nested || (await exists(c.get("client")(), nested.within, c.get("viewer"), nested.parentId)))
    return error
  return notFound()
}

/** A write takes no query string: a filter on it would be ignored, and that is never what was meant. */
function refuseParams(c: AppContext): void {
  const names = [...new URLSearchParams(searchOf(c)).keys()]
  if (names.length)
    throw invalid(
      "The query string is not valid",
      names
        .slice(0, 20)
        .map((path) => ({ path, message: "is not a parameter of this route", code: "unknown_parameter" })),
    )
}

/** Which statement of a batch failed, where the driver knows. */
const indexOf = (error: unknown): string[] => {
  const index = (error as { statementIndex?: unknown }).statementIndex
  return typeof index === "number" ? [String(index)] : []
}
