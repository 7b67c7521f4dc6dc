/** A primary key's value. */
export type Key = number

/** Reads a key from a path: undefined for text that is not a key, null for a key that no row can have. */
export function parseKey(text: string): Key | null | undefined {
  if (!/^\d{1,40}$/.test(text)) return undefined
  const id = Number(text)
  return Number.isSafeInteger(id) ? id : null
}
