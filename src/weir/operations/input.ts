import type { z } from "@hono/zod-openapi"
import { sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import { type FieldIssue, forbidden, invalid } from "../problem.ts"
import type { Values } from "../query/query.ts"
import type { Field, Resource } from "../resource/resource.ts"
import type { RowSql, Viewer } from "../resource/rules.ts"

const nowhere: RowSql = () => sql`null`

/** Zod's issues as ours: a path that reads as the member is written, and a message without its code. */
export function issuesOf(error: z.ZodError, prefix: string[] = []): FieldIssue[] {
  return error.issues.flatMap((issue) => {
    const path = [...prefix, ...issue.path.map(String)]
    if (issue.code === "unrecognized_keys")
      return issue.keys.slice(0, 20).map((key) => ({
        path: [...path, key].join("."),
        message: "is not a field that can be written",
        code: "unknown_field",
      }))
    const missing = issue.code === "invalid_type" && issue.message.includes("received undefined")
    return [
      {
        path: path.join(".") || "body",
        message: missing ? "is required" : issue.message,
        code: missing ? "required" : issue.code,
      },
    ]
  })
}

/** The checked body, or a 422 that names every wrong member. */
export function parseBody(
  schema: z.ZodObject,
  body: unknown,
  prefix: string[] = [],
): Record<string, unknown> {
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
): void {
  const issues: FieldIssue[] = []
  for (const field of Object.values(resource.fields)) {
    const name = field.secret?.as ?? field.name
    const value = input[name]
    if (value === undefined || field.write === undefined) continue
    if (creating && field.initially && value === field.initially(viewer)) continue
    const outcome = field.write(nowhere, { kind: viewer.kind, id: sql`null` })
    if (outcome === false)
      issues.push({ path: name, message: "is not yours to set", code: "forbidden_field" })
  }
  if (issues.length)
    throw forbidden(`You may not set ${issues.map((issue) => issue.path).join(", ")}`, issues)
}

/** The columns to insert, by name: what was sent, then initial values and defaults, so that all rows have one shape. */
export async function columnsToInsert(
  resource: Resource,
  viewer: Viewer,
  input: Record<string, unknown>,
): Promise<Values> {
  const columns: Values = {}
  for (const field of Object.values(resource.fields)) {
    if (field.write === undefined) continue
    const value = await stored(field, input)
    if (value !== undefined) columns[field.name] = expressions.encode(field.spec, value)
    else {
      const initial = field.initially?.(viewer) ?? field.default
      if (initial !== undefined) columns[field.name] = expressions.encode(field.spec, initial)
      else if (field.nullable) columns[field.name] = null
    }
  }
  return columns
}

/** The columns to update, by name. */
export async function columnsToUpdate(resource: Resource, input: Record<string, unknown>): Promise<Values> {
  const columns: Values = {}
  for (const field of Object.values(resource.fields)) {
    if (field.write === undefined) continue
    const value = await stored(field, input)
    if (value !== undefined) columns[field.name] = expressions.encode(field.spec, value)
  }
  return columns
}

function stored(field: Field, input: Record<string, unknown>): unknown {
  if (!field.secret) return input[field.name]
  const given = input[field.secret.as]
  return given === undefined ? undefined : field.secret.hash(given as string)
}
