import { invalid, notFound } from "../problem.ts"

/** An id from a path: a whole number. One that no row can have is a 404, what is no number a 422. */
export function parseId(text: string): number {
  if (!/^\d{1,40}$/.test(text))
    throw invalid("The id in the path is not valid", [
      { path: "id", message: "must be a whole number", code: "invalid_integer" },
    ])
  const id = Number(text)
  if (!Number.isSafeInteger(id)) throw notFound()
  return id
}
