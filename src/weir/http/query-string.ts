import { invalid } from "../problem.ts"
import type { AppContext } from "./context.ts"

/** The query string with its `?`, or nothing. */
export const searchOf = (c: AppContext): string => {
  const { url } = c.req
  const mark = url.indexOf("?")
  return mark < 0 ? "" : url.slice(mark)
}

/** Throws a 422 for a query string on a write: a filter there would be ignored, which nobody means. */
export function refuseParams(c: AppContext): void {
  const names = [...new URLSearchParams(searchOf(c)).keys()]
  if (names.length)
    throw invalid(
      "The query string is not valid",
      names
        .slice(0, 20)
        .map((path) => ({ path, message: "is not a parameter of this route", code: "unknown_parameter" })),
    )
}
