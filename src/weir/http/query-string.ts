import { notUtf8, paramsNotUtf8 } from "../lib/utf8.ts"
import { type FieldIssue, invalid } from "../problem.ts"
import type { AppContext } from "./context.ts"

/** The query string with its `?`, or nothing. */
export const searchOf = (c: AppContext): string => {
  const { url } = c.req
  const mark = url.indexOf("?")
  return mark < 0 ? "" : url.slice(mark)
}

/** Throws a 422 for a query string on a write: a filter there would be ignored, which nobody means. */
export function refuseParams(search: string): void {
  if (search.length <= 1) return
  const issues: FieldIssue[] = paramsNotUtf8(search).map((path) => ({
    path,
    message: notUtf8,
    code: "invalid_text",
  }))
  if (issues.length === 0)
    for (const path of new URLSearchParams(search).keys())
      issues.push({ path, message: "is not a parameter of this route", code: "unknown_parameter" })
  if (issues.length) throw invalid("The query string is not valid", issues.slice(0, 20))
}
