import type { Column } from "drizzle-orm"
import {
  type CollectionOptions,
  type DocumentReference,
  documentColumn,
  isSystemMember,
  type JsonSchema,
  referencedKey,
  referenceOf,
} from "../db/dialect/collections.ts"
import { vocabulary } from "../db/dialect/vocabulary.ts"
import type { Resource } from "../resource/resource.ts"

type Referring = NonNullable<CollectionOptions["references"]>

/** The members of a collection's documents that are references. */
export const referencesOf = ({ collection }: Pick<Resource, "collection">): string[] =>
  Object.keys(collection?.references ?? {})

/** Whether a member of a collection's documents is a reference. */
export const isReferenceOf = ({ collection }: Pick<Resource, "collection">, name: string): boolean =>
  collection?.references !== undefined && Object.hasOwn(collection.references, name)

/** Whether a name stands in a statement as it is. */
export const isPlainName = (name: string): boolean => /^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(name)

/** Throws one line that names the first reference that cannot be one. */
export function checkReferences(name: string, { references = {}, schema }: CollectionOptions): void {
  for (const member of Object.keys(references)) {
    const refuse = (why: string): never => {
      throw new Error(`${name}: references names "${member}", ${why}`)
    }
    if (!isPlainName(member)) refuse("which must be a letter or _, then letters, digits and _")
    if (isSystemMember(member)) refuse("which the engine sets")
    if (member === documentColumn) refuse("which is a column of the collection: call it otherwise")
    if (isNamedBy(schema, member))
      refuse("which the schema names as well: `references` says all of it, `required` included")
    const { required, onDelete } = referenceOf(references[member] as Referring[string])
    if (required && onDelete === "set null") refuse('which is required: "set null" would remove it')
  }
}

/** Whether a schema says something of a member by name: it sees a document without its references. */
function isNamedBy(schema: JsonSchema | undefined, member: string): boolean {
  if (typeof schema !== "object") return false
  const { properties = {}, required = [] } = schema as { properties?: object; required?: unknown[] }
  return Object.hasOwn(properties, member) || (Array.isArray(required) && required.includes(member))
}

type OnDelete = NonNullable<DocumentReference["onDelete"]>

/** A column that holds a key of the type `D`, or null. */
export const referenceColumn = <D extends string | number>(
  key: () => Column,
  name: string,
  onDelete: OnDelete,
) => vocabulary.references<D>(key as never, { name, onDelete })

/** A column with a foreign key for each reference. */
export function referenceColumns(name: string, references: Referring): Record<string, object> {
  return Object.fromEntries(
    Object.entries(references).map(([member, declared]) => {
      const reference = referenceOf(declared)
      const { required = false, onDelete = required ? "cascade" : "set null" } = reference
      const key = () => referencedKey(name, member, reference)
      const column = referenceColumn(key, member, onDelete)
      return [member, required ? column.notNull() : column]
    }),
  )
}
