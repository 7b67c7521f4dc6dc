import type { z } from "@hono/zod-openapi"
import { is, SQL, sql } from "drizzle-orm"
import type { Value } from "../db/driver.ts"
import type { Waiter } from "../lib/fair-queue.ts"
import { JsonText } from "../lib/json-text.ts"
import { LaterValue } from "../lib/later-value.ts"
import { memo } from "../lib/memo.ts"
import { issuesOf } from "../lib/zod-issues.ts"
import { invalid } from "../problem.ts"
import type { Values } from "../query/query.ts"
import { type Field, type Resource, secretOf } from "../resource/resource.ts"
import { anyone, isOpen } from "../resource/rules.ts"
import type { Viewer, ViewerKind } from "../resource/viewer.ts"
import { boundValue, columnName, encoded } from "../sql/columns.ts"
import { judgedColumns, type Made } from "../sql/requirements.ts"
import { notToSet } from "./conflicts.ts"

/** Throws a 422 where a body names other values than its path gives. */
export function requireSame(
  body: Record<string, unknown>,
  given: Record<string, unknown>,
  prefix: string[] = [],
): void {
  const issues = Object.entries(given)
    .filter(([name, part]) => body[name] !== undefined && body[name] !== part)
    .map(([name]) => ({
      path: [...prefix, name].join("."),
      message: "is another than the path's",
      code: "conflict",
    }))
  if (issues.length) throw invalid("The body is not valid", issues)
}

/** Builds a resource's schema at its first use: a Worker pays for what it does at start-up. */
export function schemaOnce(build: (resource: Resource) => z.ZodObject): (resource: Resource) => z.ZodObject {
  const schemas = new WeakMap<Resource, z.ZodObject>()
  return (resource) => {
    const schema = schemas.get(resource) ?? build(resource)
    schemas.set(resource, schema)
    return schema
  }
}

/** The names of members whose values other statements make: there is nothing to check yet. */
function laterMembers(schema: z.ZodObject, body: unknown): string[] {
  const names: string[] = []
  if (typeof body === "object" && body !== null)
    for (const [name, value] of Object.entries(body))
      if (value instanceof LaterValue && name in schema.shape) names.push(name)
  return names
}

/** The checked body, or a 422 that names every wrong member. */
export function parseBody(
  schema: z.ZodObject,
  body: unknown,
  prefix: string[] = [],
): Record<string, unknown> {
  const names = laterMembers(schema, body)
  if (names.length) {
    const mask = Object.fromEntries(names.map((name) => [name, true])) as Record<never, never>
    const members = Object.entries(body as object)
    const own = Object.fromEntries(members.filter(([name]) => !names.includes(name)))
    const later = Object.fromEntries(members.filter(([name]) => names.includes(name)))
    return { ...parseBody(schema.omit(mask), own, prefix), ...later }
  }
  const result = schema.safeParse(body)
  if (!result.success) throw invalid("The body is not valid", issuesOf(result.error, prefix))
  return result.data
}

/**
 * Throws a 403 for a field that is not the viewer's to set, unless it is set to what it would be anyway.
 * Rules that look at the row are left to the statement.
 */
export function requireWritable(
  resource: Resource,
  viewer: Viewer,
  input: Record<string, unknown>,
  creating: boolean,
  prefix: string[] = [],
): void {
  const closed: string[] = []
  for (const field of closedFields(resource, viewer.kind, creating)) {
    const name = field.secret?.as ?? field.name
    const value = input[name]
    if (value === undefined) continue
    if (creating && field.initially && isSame(value, field.initially(viewer))) continue
    closed.push([...prefix, name].join("."))
  }
  if (closed.length) throw notToSet(closed)
}

/** The fields that viewers of a kind may not set. */
const closedFields = (resource: Resource, kind: ViewerKind, creating: boolean): Field[] =>
  closedTo(resource, `${creating ? "create" : "update"}:${kind}`, () =>
    Object.values(resource.fields).filter(
      ({ write }) => write && !isOpen(creating ? write.create : write.update, kind),
    ),
  )
const closedTo = memo(100)

/** The fields that some requirement of a create asks for: those with a rule of their own, or that name a row. */
export function askedFields(resource: Resource): Field[] {
  let fields = asked.get(resource)
  if (!fields) {
    fields = Object.values(resource.fields).filter(
      ({ name, write }) => write && (write.create !== anyone || resource.refersTo.has(name)),
    )
    asked.set(resource, fields)
  }
  return fields
}
const asked = new WeakMap<Resource, Field[]>()
/** Whether a field is set to a value of the engine's own making. */
export const isSame = (sent: unknown, value: unknown): boolean =>
  sent === value || (sent instanceof JsonText && sent.text === JSON.stringify(value))

/** The fields whose values are known beforehand: others are members of rows that the same transaction writes. */
export const knownOf = (names: string[], columns: Values): string[] =>
  names.filter((name) => !((columns[name] as unknown) instanceof LaterValue))

/**
 * Those of the fields that must name rows which their writer may see: all but what names a row that the same transaction
 * makes. Nobody need see what it has made.
 */
export const namedOf = ({ refersTo }: Resource, names: string[], columns: Values): string[] =>
  names.filter((name) => {
    const reference = refersTo.get(name)
    return !reference?.columns.every((column, i) => {
      const value: unknown = columns[column]
      const made = value instanceof LaterValue ? value.made : undefined
      return made?.resource === reference.target && made.column === reference.foreign[i]
    })
  })

/** The values of a write, encoded, by the names of their columns. */
export interface RowValues {
  columns: Values
  /** Those that the table's own code makes as SQL. */
  expressions: Record<string, SQL>
}

/** The columns to insert, of an input that may hold a secret. */
export async function columnsToInsert(
  resource: Resource,
  viewer: Viewer,
  input: Record<string, unknown>,
  waiter?: Waiter,
): Promise<RowValues> {
  const secret = secretOf(resource)
  if (!secret) return insertedColumns(resource, viewer, input)
  const hash = await storedValue(secret, input, waiter)
  return insertedColumns(resource, viewer, { ...input, [secret.name]: hash })
}

/** The columns that are null where nobody sets them: of others, the database may know a default that the schema lacks. */
function nullColumns(resource: Resource): ReadonlySet<string> {
  let names = nulls.get(resource)
  if (!names) {
    const judged = judgedColumns(resource)
    const fields = Object.values(resource.fields).filter(
      ({ name, nullable, column, spec }) =>
        nullable && !column.hasDefault && (!spec.inferred || judged.includes(name)),
    )
    names = new Set(fields.map(({ name }) => name))
    nulls.set(resource, names)
  }
  return names
}
const nulls = new WeakMap<Resource, ReadonlySet<string>>()

/** The columns to insert, by name: what was sent, then initial values and defaults. */
export function insertedColumns(
  resource: Resource,
  viewer: Viewer,
  input: Record<string, unknown>,
): RowValues {
  const columns: Values = {}
  const expressions: RowValues["expressions"] = {}
  const unset = nullColumns(resource)
  for (const field of Object.values(resource.fields)) {
    const value = field.write && input[field.name]
    if (value !== undefined) columns[field.name] = encoded(field, value)
    else {
      const initial = field.write && field.initially?.(viewer)
      if (initial !== undefined) columns[field.name] = field.type.sql.encode(initial)
      else if (field.made) place(field.name, field.made(), columns, expressions)
      else if (field.write && unset.has(field.name)) columns[field.name] = null
    }
  }
  return { columns, expressions }
}

function place(
  name: string,
  value: Value | SQL,
  columns: Values,
  expressions: RowValues["expressions"],
): void {
  if (is(value, SQL)) expressions[name] = value
  else columns[name] = value
}

/** What the table's own code makes of columns, with the values to bind. */
export type MadeValues = Made & { values: Values }

/** The columns to update, by name: what was sent, and what the table's own code makes of them. */
export async function columnsToUpdate(
  resource: Resource,
  input: Record<string, unknown>,
  waiter?: Waiter,
): Promise<{ columns: Values; made: MadeValues }> {
  const columns: Values = {}
  const values: Values = {}
  const expressions: RowValues["expressions"] = {}
  for (const field of Object.values(resource.fields)) {
    const value = field.write && (await storedValue(field, input, waiter))
    if (value !== undefined) columns[field.name] = encoded(field, value)
    else if (field.remade) place(field.name, field.remade(), values, expressions)
  }
  const { addresses } = resource
  // Another address is not verified by what verified the last one.
  if (addresses && columns[addresses.email] !== undefined && columns[addresses.verified] === undefined) {
    const { email, verified } = addresses
    const own = (name: string) => columnName(resource, name)
    expressions[verified] =
      sql`case when ${own(email)} = ${boundValue(resource, email)} then ${own(verified)} else null end`
  }
  return { columns, made: { bound: Object.keys(values), expressions, values } }
}

/** What is stored for a field of the input: of a secret, its hash. */
function storedValue(field: Field, input: Record<string, unknown>, waiter: Waiter | undefined): unknown {
  if (!field.secret) return input[field.name]
  const secret = input[field.secret.as]
  return secret === undefined ? undefined : field.secret.hash(secret as string, waiter)
}
