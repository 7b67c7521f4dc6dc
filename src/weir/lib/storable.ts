/** Text that every database can hold: no NUL, no half of a surrogate pair. */
export const storable = (value: string): boolean => !value.includes("\0") && value.isWellFormed()
/** The part of it that a JSON Schema can say. */
export const noNul = "^[^\\u0000]*$"
export const notStorable = "must not hold NUL or broken Unicode"

/** The path of the first text in a JSON value, member names included, that no database can hold; undefined if none. */
export function unstorablePath(value: unknown, path: string[] = []): string[] | undefined {
  if (typeof value === "string") return storable(value) ? undefined : path
  if (typeof value !== "object" || value === null) return undefined
  for (const [name, member] of Object.entries(value)) {
    const wrong = storable(name) ? unstorablePath(member, [...path, name]) : path
    if (wrong) return wrong
  }
  return undefined
}
