import { invalid } from "../problem.ts"

/** Throws a 422 for a body that is no array. */
export function requireMany(input: unknown): void {
  if (!Array.isArray(input))
    throw invalid("The body is not valid", [
      { path: "body", message: "must be an array of objects", code: "invalid_value" },
    ])
}
