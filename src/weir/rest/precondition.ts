import { preconditionHeaders } from "../http/preferences.ts"
import type { Precondition } from "../operations/precondition.ts"
import { invalid, Problem } from "../problem.ts"

/** Entity tags in quotes, weak ones among them, with commas between (RFC 9110, 8.8.3). */
const tags = /^(?:(?:W\/)?"[\x21\x23-\x7e\x80-\uffff]*"\s*(?:,\s*|$))+$/
const tag = /(?:W\/)?"[^"]*"/g

/** A header of a request, by its name in lower case. */
export type HeaderOf = (name: string) => string | undefined

/**
 * What the headers of a write require of the row as it is. Throws a 422 that names a header that is malformed, and a 428
 * where the resource takes no write without.
 */
export function preconditionOf(
  header: HeaderOf,
  { required, hasTime }: { required: boolean; hasTime: boolean },
): Precondition | undefined {
  const match = tagsOf(header, "if-match")
  const noneMatch = tagsOf(header, "if-none-match")
  const unmodifiedSince = hasTime ? timeOf(header("if-unmodified-since")) : undefined
  if (match !== undefined || noneMatch !== undefined || unmodifiedSince !== undefined)
    return { match, noneMatch, unmodifiedSince }
  if (required)
    throw new Problem(
      "precondition_required",
      "Send If-Match with the row's ETag, so that no other change is lost",
    )
  return undefined
}

/** Throws a 422 for a precondition of a write that is not of one row, or cannot ask for it: it must not be ignored. */
export const refusePreconditions = (headerOf: HeaderOf, instead = ""): void =>
  refuse(headerOf, preconditionHeaders, `cannot be required of this write${instead}`)

/** Throws a 422 for a precondition of writes that comes with a read of a batch. */
export const refuseOfRead = (headerOf: HeaderOf): void =>
  refuse(headerOf, ["if-match", "if-unmodified-since"], "cannot be required of a read")

function refuse(headerOf: HeaderOf, names: readonly string[], message: string): void {
  const issues = names
    .filter((name) => headerOf(name) !== undefined)
    .map((path) => ({ path, message, code: "conflict" }))
  if (issues.length) throw invalid("The request is not valid", issues)
}

function tagsOf(headerOf: HeaderOf, name: "if-match" | "if-none-match"): string[] | "*" | undefined {
  const header = headerOf(name)?.trim()
  if (header === undefined) return undefined
  if (header === "*") return "*"
  if (!tags.test(header))
    throw invalid("The request is not valid", [
      { path: name, message: 'must be ETags in quotes, such as "1a2b", or *', code: "invalid_format" },
    ])
  return header.match(tag) ?? []
}

/** A header's time; one that is no date is ignored (RFC 9110, 13.1.4). */
function timeOf(header: string | undefined): number | undefined {
  const time = header === undefined ? Number.NaN : Date.parse(header)
  return Number.isNaN(time) ? undefined : time
}
