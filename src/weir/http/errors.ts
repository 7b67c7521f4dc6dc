import type { Context } from "hono"
import { HTTPException } from "hono/http-exception"
import { DeadlineExpired } from "../db/deadline.ts"
import { classify } from "../db/dialect/errors.ts"
import { causes } from "../db/errors.ts"
import { invalid, Problem, type ProblemCode, unavailable } from "../problem.ts"
import type { AppEnv } from "./context.ts"
import { reply } from "./reply.ts"

/** Every error of every path ends here, as one shape. What is not expected is a 500 that says nothing. */
export function onError(error: Error, c: Context<AppEnv>): Response {
  return replyProblem(c, problemOf(error))
}

export function replyProblem(c: Context<AppEnv>, problem: Problem): Response {
  return reply(c, problem.status, problem.body(c.get("requestId")), {
    "content-type": "application/problem+json",
    "cache-control": "no-store",
    ...problem.headers,
  })
}

/** The codes of what libraries and hand-written routes throw by status alone. */
const codeOf: Record<number, ProblemCode> = {
  401: "unauthorized",
  403: "forbidden",
  404: "not_found",
  409: "conflict",
  413: "body_too_large",
  415: "unsupported_media_type",
  422: "invalid_request",
  429: "too_many_requests",
}

/** What any error comes to for the client. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  // Drizzle wraps what a hand-written route's statement fails with.
  if ([...causes(error)].some((cause) => cause instanceof DeadlineExpired))
    return unavailable("timeout", "The request took too long; try again", error)
  const failure = classify(error)
  switch (failure?.kind) {
    case "refused":
    case "unavailable":
      return unavailable("database_unavailable", "The database cannot be reached now; try again", error)
    case "unknown":
      return unavailable(
        "database_unavailable",
        "The connection to the database was lost while the change was committed: it may have been made",
        error,
      )
    case "contended":
      return new Problem("conflict", "Others are changing the same rows now: try again", {
        headers: { "retry-after": "1" },
        cause: error,
      })
    case "timeout":
      return unavailable("timeout", "The database took too long; try again", error)
    case "unmigrated":
      return unavailable(
        "database_unmigrated",
        "A table or column is missing: the database must be migrated",
        error,
      )
    case "read_only":
      return new Problem("read_only", "The database is open for reading only", { cause: error })
    case "unrehearsed":
      return invalid("The request cannot be rehearsed", [
        { path: "prefer", message: `tx=rollback: ${failure.why}`, code: "invalid_value" },
      ])
    case "too_complex":
      return new Problem(
        "invalid_request",
        "The request nests too deeply for the database: embed less, or filter through fewer relations",
        { cause: error },
      )
    case "invalid":
      return new Problem("invalid_request", "The database refuses these values", { cause: error })
    case "unique":
    case "foreign_key":
      return new Problem("conflict", "The change conflicts with other data", { cause: error })
  }
  if (error instanceof HTTPException && error.status < 500)
    return new Problem(
      codeOf[error.status] ?? "http_error",
      error.message || "The request cannot be served",
      {
        status: error.status,
        cause: error,
      },
    )
  return new Problem("internal_error", "Something went wrong on our side", { cause: error })
}
