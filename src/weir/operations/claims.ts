import { dialectName } from "../db/dialect/choose.ts"
import type { Statement } from "../db/driver.ts"
import type { Values } from "../query/query.ts"
import { isKey, keyName, keyParts, type RowKey } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import type { Write } from "./commit.ts"

const uniqueOf = new WeakMap<Resource, string[]>()

/** The columns that no two rows have the same value in. */
function uniqueColumns(resource: Resource): string[] {
  const known = uniqueOf.get(resource)
  if (known) return known
  const isPrimary = (name: string) => isKey(resource.keys, [name])
  const names = Object.values(resource.fields).flatMap(({ name, unique }) =>
    unique && !isPrimary(name) ? name : [],
  )
  uniqueOf.set(resource, names)
  return names
}

/** What a row is called by its primary key, as a change names it. */
function nameOf(key: RowKey): string | number {
  const [only, ...others] = keyParts(key)
  return keyName(only === undefined || others.length ? key : only)
}

/** Whether a value is not null, and known before the database makes it. */
const isKnown = (value: unknown): boolean =>
  value !== undefined && value !== null && typeof value !== "object"

const none: (string | number)[] = []

/**
 * The names of a new row, by which writes wait for each other: whoever inserts the value of another's insert waits until
 * that has ended. None on SQLite, where one transaction writes at a time.
 */
export function claimsOfRow(resource: Resource, columns: Values): (string | number)[] {
  if (dialectName !== "postgres") return none
  const claims: (string | number)[] = uniqueColumns(resource).flatMap((name) =>
    isKnown(columns[name]) ? `${name}=${columns[name]}` : [],
  )
  const key = resource.keys.map((name) => columns[name])
  if (key.length && key.every(isKnown)) claims.push(nameOf(key as RowKey))
  return claims
}

/** The names of what a write inserts or merges, beside the row that its change names. */
export function claimsOf({ resource, statement, upserted, verb, values }: Write): Statement["claims"] {
  if (upserted) {
    const { target, key } = upserted
    return [isKey(resource.keys, target) ? nameOf(key) : `${target}=${nameOf(key)}`]
  }
  return statement.claims ?? (verb === "insert" && values ? claimsOfRow(resource, values) : undefined)
}
