import { parseAccept } from "hono/utils/accept"
import { Problem } from "../problem.ts"
import type { AppContext } from "./context.ts"

/** Throws a 406 when `Accept` rules out JSON. Problems are sent whatever it says. */
export function requireJsonAccepted(c: AppContext): void {
  const header = c.req.header("accept")
  if (header === undefined || header === "*/*" || header === "application/json") return
  const ranges = parseAccept(header)
  // The most specific range decides (RFC 9110, 12.5.1).
  for (const type of ["application/json", "application/*", "*/*"]) {
    const range = ranges.find((r) => r.type.toLowerCase() === type)
    if (range && range.q > 0) return
    if (range) break
  }
  if (ranges.length > 0) throw new Problem("not_acceptable", "This API answers in application/json")
}

/** Whether `Accept` names HTML, and JSON no more than it: a browser's does, a program's does not. */
export function prefersHtml(c: AppContext): boolean {
  const header = c.req.header("accept")
  if (header === undefined) return false
  const ranges = parseAccept(header)
  const quality = (...types: string[]) =>
    types
      .map((type) => ranges.find((range) => range.type.toLowerCase() === type)?.q)
      .find((q) => q !== undefined) ?? 0
  const html = quality("text/html", "text/*")
  return html > 0 && html >= quality("application/json", "application/*")
}
