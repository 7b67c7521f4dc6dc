import { type Resource, secretOf } from "./resource.ts"

/** Throws one line that says why many rows of a resource cannot be changed at once, where `bulk` asks for it. */
export function checkBulk(resource: Resource): void {
  const { name, keys, options } = resource
  if (!options.bulk) return
  if (keys.length === 0) throw new Error(`${name}: bulk needs a table with a primary key`)
  if (secretOf(resource))
    throw new Error(
      `${name}: bulk would change rows that ask for their secret: such rows are changed one by one`,
    )
  if (options.conditional === "required")
    throw new Error(`${name}: bulk changes rows without If-Match, which conditional: "required" demands`)
}
