import { caselessIndex } from "../db/dialect/caseless.ts"
import { classify } from "../db/dialect/errors.ts"
import type { DatabaseFailure } from "../db/errors.ts"
import { type FieldIssue, forbidden, invalid, Problem } from "../problem.ts"
import type { Resource } from "../resource/resource.ts"
import { type Check, checksOf } from "../resource/table-checks.ts"

/**
 * The problem that a failed write amounts to: 409 for a value that is taken, and for a row that is still referred
 * to; 422 for a reference to nothing; 403 for rows beyond the quota. Any other error is returned as it is. `written` are the columns of the write,
 * `prefix` the path of the row in the body.
 */
export function writeProblem(
  error: unknown,
  resource: Resource,
  written: string[],
  prefix: string[] = [],
): unknown {
  const failure = named(resource, classify(error))
  const at = (column: string) => [...prefix, resource.fields[column]?.secret?.as ?? column].join(".")
  if (failure?.kind === "unique") {
    const caseless = Object.keys(resource.fields).filter(
      (c) => failure.index === caselessIndex(resource.tableName, c),
    )
    return taken(resource, [...failure.columns, ...caseless], at, error)
  }
  if (failure?.kind === "foreign_key") {
    const references = written.filter((column) => isReference(resource, column))
    if (references.length === 0)
      return new Problem("still_referenced", `Other rows still refer to this row of ${resource.name}`, {
        cause: error,
      })
    const named = failure.columns.filter((column) => references.includes(column))
    return unknownReference((named.length ? named : references).map(at))
  }
  if (failure?.kind === "quota" && resource.quota) {
    const { rows, column } = resource.quota
    return new Problem(
      "quota_exceeded",
      `There may be at most ${rows} of ${resource.name} with one value of ${column}`,
      { cause: error },
    )
  }
  if (failure?.kind === "rule") return forbidden(`A rule forbids this row of ${resource.name}`)
  if (failure?.kind === "document") {
    const message = "would be larger than a document may be"
    return invalid(`The document ${message}`, [{ path: "body", message, code: "out_of_range" }])
  }
  if (failure?.kind === "invalid") {
    const check = checkOf(resource, failure)
    const columns = check ? check.columns.filter((c) => written.includes(c)) : failure.columns
    return refusedValues(columns.map(at), check)
  }
  return error
}

/** The 409 for values of columns that another row has. */
export function taken(
  { name }: Resource,
  columns: readonly string[],
  at = (column: string) => column,
  cause?: unknown,
): Problem {
  const issues = columns.map((c): FieldIssue => ({ path: at(c), message: "is already taken", code: "taken" }))
  return new Problem("duplicate", `Another of ${name} has this ${columns.join(", ") || "value"}`, {
    issues,
    cause,
  })
}

/** The 422 of values that the database refuses, or a check of it. */
export function refusedValues(paths: string[], check?: Check): Problem {
  const message = check ? `does not hold the check ${check.name}` : "is not accepted"
  const issues = paths.map((path): FieldIssue => ({ path, message, code: "invalid" }))
  const which = check && paths.length === 0 ? `: they do not hold the check ${check.name}` : ""
  return invalid(`The database refuses these values${which}`, issues)
}

/** A failure with the names of fields, where the database names columns. */
function named({ fields }: Resource, failure: DatabaseFailure | undefined): DatabaseFailure | undefined {
  if (!failure || !("columns" in failure)) return failure
  const byColumn = new Map(Object.values(fields).map(({ name, column }) => [column.name, name]))
  return { ...failure, columns: failure.columns.flatMap((column) => byColumn.get(column) ?? []) }
}

/** The 403 for fields that are not the viewer's to set. */
export function notToSet(paths: string[]): Problem {
  const issues = paths.map(
    (path): FieldIssue => ({ path, message: "is not yours to set", code: "forbidden_field" }),
  )
  return forbidden(`You may not set ${paths.join(", ")}`, issues)
}

/** The 422 for references to rows that are not there, or not for this viewer. */
export function unknownReference(paths: string[]): Problem {
  const issues = paths.map(
    (path): FieldIssue => ({
      path,
      message: "refers to a row that does not exist",
      code: "unknown_reference",
    }),
  )
  return invalid(`${paths.join(", ")} ${paths.length > 1 ? "refer" : "refers"} to nothing`, issues)
}

/**
 * The check that refused a write; what the database says begins with its name. Undefined for one that the schema does not
 * have: what is in the database alone is nobody's to see.
 */
export function checkOf(resource: Resource, failure: DatabaseFailure | undefined): Check | undefined {
  const said = failure?.kind === "invalid" ? failure.check : undefined
  return said === undefined
    ? undefined
    : checksOf(resource).find(({ name }) => said === name || said.startsWith(`${name}:`))
}

export const isReference = ({ references, refersTo }: Resource, column: string): boolean =>
  references.has(column) || refersTo.has(column)
