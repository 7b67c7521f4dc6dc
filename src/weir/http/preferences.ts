import { invalid } from "../problem.ts"
import type { AppContext } from "./context.ts"

/** What a client prefers, by name (RFC 7240): the first of the same name counts, and parameters after a semicolon change nothing. */
export function preferencesIn(header: string): Map<string, string> {
  const given = new Map<string, string>()
  for (const part of header.split(",")) {
    const [name = "", value = ""] = (part.split(";")[0] as string).split("=").map((text) => text.trim())
    const key = name.toLowerCase()
    if (key && !given.has(key)) given.set(key, value.replace(/^"(.*)"$/, "$1"))
  }
  const tx = given.get("tx")
  if (tx !== undefined) given.set("tx", tx.toLowerCase())
  return given
}

/**
 * Throws a 422 for a preference that is not among those that are `understood`: with `handling=strict`, for any; else for one
 * of `tx` alone, since who sends `tx=rollback`, or misspells it, wants nothing to be written.
 */
export function refuseOdd(
  given: Map<string, string>,
  understood: Record<string, readonly string[]>,
  why = "is not understood",
): void {
  const isStrict = given.get("handling") === "strict"
  const odd = [...given].find(
    ([name, value]) => (isStrict || name === "tx") && !understood[name]?.includes(value),
  )
  if (odd) refuse("prefer", `${odd.filter(Boolean).join("=").slice(0, 80)} ${why}`, "invalid_value")
}

function refuse(path: string, message: string, code: string): never {
  throw invalid("The request is not valid", [{ path, message, code }])
}

/** The headers that require something of a row, in lower case. */
export const preconditionHeaders = ["if-match", "if-none-match", "if-unmodified-since"] as const

const kept = { handling: ["strict", "lenient"], tx: ["commit"] }

/**
 * Throws a 422 that names a header which asks for what a route cannot do: have its changes undone, or made once for all
 * retries, or only if a row is as it was.
 */
export function refuseUnhonoured(c: AppContext): void {
  if (c.req.method === "GET" || c.req.method === "HEAD") return
  const prefer = c.req.header("prefer")
  if (prefer !== undefined) refuseOdd(preferencesIn(prefer), kept, "cannot be had of this route")
  for (const name of ["idempotency-key", ...preconditionHeaders])
    if (c.req.header(name) !== undefined) refuse(name, "cannot be had of this route", "conflict")
}
