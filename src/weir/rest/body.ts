import { invalid } from "../problem.ts"
import type { Resource } from "../resource/resource.ts"

/** What of a body is kept as text: JSON columns, or documents whole. */
export const verbatimOf = ({ json, document }: Resource): ReadonlySet<string> | "whole" =>
  document ? "whole" : json

/** Throws a 422 for a body that is no array. */
export function requireMany(input: unknown): void {
  if (!Array.isArray(input))
    throw invalid("The body is not valid", [
      { path: "body", message: "must be an array of objects", code: "invalid_value" },
    ])
}
