import { readForm, requireUnencoded } from "../http/body.ts"
import type { AppContext } from "../http/context.ts"
import { searchOf } from "../http/query-string.ts"
import { type FieldIssue, Problem } from "../problem.ts"

/** Longest value of a parameter, in characters, where nothing else is said. */
const maxLength = 2000

/** Reads a parameter of the form; undefined where it is left out or empty. */
export type FormValue = (name: string) => string | undefined

/** A parameter of a form: whether a grant needs it, and its bound. */
export interface FormField {
  required?: boolean
  max?: number
}

export type FormFields = Record<string, FormField>

const problem = "The form is not valid"

/**
 * Reads a form by the letter of RFC 6749: parameters without a value are as left out, none is given twice, unknown ones
 * are ignored (3.2), and all are in the body (2.3.1). `known` are those that are looked at.
 */
export async function readOAuthForm(
  c: AppContext,
  known: readonly string[],
  hint: string,
): Promise<FormValue> {
  requireUnencoded(c)
  const inUrl = known.filter((name) => new URLSearchParams(searchOf(c)).has(name))
  refuse("The query string is not valid", inUrl, "belongs into the body", "conflict")
  const fields = await readForm(c, `Send application/x-www-form-urlencoded: ${hint}`)
  const valuesOf = (name: string) => fields.getAll(name).filter((value) => value !== "")
  const repeated = known.filter((name) => valuesOf(name).length > 1)
  refuse(problem, repeated, "may be given only once", "repeated")
  return (name) => {
    const [value] = valuesOf(name)
    return typeof value === "string" ? value : undefined
  }
}

/** The values of a form's fields. Throws a 400 that names those that are missing or too long. */
export function requireFields(value: FormValue, fields: FormFields): Record<string, string> {
  const values: Record<string, string> = {}
  const missing: string[] = []
  const long: string[] = []
  for (const [name, { required, max = maxLength }] of Object.entries(fields)) {
    const text = value(name)
    if (text === undefined) {
      if (required) missing.push(name)
    } else if (text.length > max) long.push(name)
    else values[name] = text
  }
  refuse(problem, missing, "is required", "required")
  refuse(problem, long, "is too long", "too_big")
  return values
}

function refuse(detail: string, paths: string[], message: string, code: string): void {
  if (paths.length === 0) return
  const issues = paths.map((path): FieldIssue => ({ path, message, code }))
  throw new Problem("invalid_request", `${detail}: ${paths.join(", ")} ${message}`, { issues, status: 400 })
}
