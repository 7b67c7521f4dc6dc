import { uniqueSets } from "../db/dialect/foreign-keys.ts"
import { isKey } from "./key.ts"
import { type Resource, secretOf } from "./resource.ts"
import { isOpen } from "./rules.ts"
import { viewerKinds } from "./viewer.ts"

/** The unique keys by which rows may be created or merged (`upsert`), each as its columns. */
export const upsertKeys = ({ options }: Resource): (readonly string[])[] =>
  (options.upsert ?? []).map((key) => (typeof key === "string" ? [key] : key))

/** A resource whose rows are told apart by a unique key, in place of the primary one: for conditions alone. */
export const byUniqueKey = (resource: Resource, target: readonly string[]): Resource => ({
  ...resource,
  keys: target,
})

/** Throws one line that names the first key of `upsert` that cannot be one. */
export function checkUpserts(resource: Resource): void {
  const { name, document, options } = resource
  const keys = upsertKeys(resource)
  if (keys.length === 0) return
  const refuse = (why: string): never => {
    throw new Error(`${name}: upsert ${why}`)
  }
  if (document) refuse("is not for collections: a PUT creates a document, or replaces it")
  if (secretOf(resource)) refuse("would need a secret in each body: such rows are changed by PATCH")
  if (options.conditional === "required")
    refuse('changes rows without If-Match, which conditional: "required" demands')
  for (const key of keys) {
    if (key.length === 0) refuse("names no column")
    for (const column of key) {
      const why = unfitness(resource, column)
      if (why) refuse(`names "${column}", which ${why}`)
    }
    if (!isUnique(resource, key)) refuse(`names "${key}", which is not unique`)
  }
}

/** Why rows cannot be told apart by a column. */
function unfitness({ fields }: Resource, column: string): string | undefined {
  const field = Object.hasOwn(fields, column) ? fields[column] : undefined
  if (!field) return "is no column"
  if (!viewerKinds().some((kind) => isOpen(field.read, kind))) return "is hidden"
  return field.write ? undefined : "no client gives"
}

/** Whether a unique index or the primary key is over just these columns: no other one finds a conflict. */
function isUnique({ table, keys, fields }: Resource, columns: readonly string[]): boolean {
  const names = columns.map((column) => fields[column]?.column.name as string)
  return isKey(keys, columns) || uniqueSets(table).some((set) => isKey(set, names))
}
