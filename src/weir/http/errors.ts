import type { Context } from "hono"
import { HTTPException } from "hono/http-exception"
import { DeadlineExpired } from "../db/deadline.ts"
import { classify } from "../db/dialect/errors.ts"
import { causes } from "../db/errors.ts"
import { Problem, unavailable } from "../problem.ts"
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

function problemOf(error: Error): Problem {
  if (error instanceof Problem) return error
  // Drizzle wraps what a hand-written route's statement fails with.
  if ([...causes(error)].some((cause) => cause instanceof DeadlineExpired))
    return unavailable("timeout", "The request took too long; try again", error)
  const failure = classify(error)
  switch (failure?.kind) {
    case "refused":
    case "unavailable":
      return unavailable("database_unavailable", "The database cannot be reached now; try again", error)
    case "timeout":
      return unavailable("timeout", "The database took too long; try again", error)
    case "unmigrated":
      return unavailable(
        "database_unmigrated",
        "The database has no tables, or old ones: it must be migrated",
        error,
      )
    case "unique":
    case "foreign_key":
      return new Problem(409, "conflict", "The change conflicts with other data", { cause: error })
  }
  if (error instanceof HTTPException && error.status < 500)
    return new Problem(error.status as 400, "http_error", error.message || "The request cannot be served")
  return new Problem(500, "internal_error", "Something went wrong on our side", { cause: error })
}
