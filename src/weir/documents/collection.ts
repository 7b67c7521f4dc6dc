import type { Column, Table } from "drizzle-orm"
import {
  type CollectionOptions,
  declareCollection,
  ownerKey,
  systemMembers,
} from "../db/dialect/collections.ts"
import { indexedPlace } from "../db/dialect/document-index.ts"
import { describe, type FieldSpec, specOf } from "../db/dialect/field.ts"
import { shortened } from "../db/dialect/reference-indexes.ts"
import { documentColumns, vocabulary } from "../db/dialect/vocabulary.ts"
import { documentId } from "./document-id.ts"

const { documentData, documentIndex, documentKey, documentSpec } = documentColumns
const { references, table, timestamps } = vocabulary

/** The column of an owner, of the type of its table's key. */
type OwnerKey<O> =
  O extends Table<{ columns: infer C } & Table["_"]["config"]>
    ? { [K in keyof C]: C[K] extends { _: { isPrimaryKey: true; data: infer D } } ? D : never }[keyof C]
    : number

/** A column of that name, whatever the schema's `casing` makes of names. */
const called = <B extends object>(name: string, builder: B): B =>
  describe(builder, specOf(builder) as FieldSpec, { name })

function columnsOf() {
  const { created_at, updated_at } = timestamps()
  return {
    _id: called("_id", documentKey(documentId)),
    data: called("data", documentData()),
    _created_at: called("_created_at", created_at),
    _updated_at: called("_updated_at", updated_at),
  }
}

const ownedBy = <D extends string | number>(name: string, owner: Table | true) =>
  references<D>((() => ownerKey(name, owner)) as never, { name: "_owner_id", onDelete: "cascade" }).notNull()

const ofOwner = <D extends string | number>(name: string, owner: Table | true) => ({
  ...columnsOf(),
  _owner_id: ownedBy<D>(name, owner),
})

/**
 * A collection of documents: a table of a fixed shape, in the schema beside others, and served by a `resource` block as
 * they are. `owner` is the table of accounts, or `true` where that is called `users`; `schema` is a JSON Schema that
 * documents must match; `index` names the places that have an index.
 *
 * @example export const notes = collection("notes", { owner: users, index: ["color", "size.width"] })
 */
export function collection<N extends string, O extends Table | true>(
  name: N,
  options: CollectionOptions & { owner: O },
): ReturnType<typeof owned<N, OwnerKey<O> & (string | number)>>
export function collection<N extends string>(
  name: N,
  options?: CollectionOptions & { owner?: undefined },
): ReturnType<typeof plain<N>>
export function collection(name: string, options: CollectionOptions = {}): Table {
  const { owner, index = [] } = options
  for (const path of index) checkPath(name, path)
  const made: Table = owner ? owned(name, owner, index) : plain(name, index)
  declareCollection(made, options)
  return made
}

const plain = <N extends string>(name: N, index: readonly string[]) =>
  table(name, columnsOf(), ({ data, _id }) => index.map((path) => indexOf(name, path, data, _id)))

const owned = <N extends string, D extends string | number>(
  name: N,
  owner: Table | true,
  index: readonly string[],
) =>
  table(name, ofOwner<D>(name, owner), ({ data, _id }) => index.map((path) => indexOf(name, path, data, _id)))

const indexOf = (name: string, path: string, data: Column, key: Parameters<typeof documentIndex>[2]) =>
  documentIndex(
    shortened(`${name}_${path.replace(/\W/g, "_")}_index`),
    indexedPlace(data, documentSpec, path),
    key,
  )

/** Members that an index can name: a statement says them as they are. */
const member = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/

function checkPath(name: string, path: string): void {
  const wrong = path.split(".").find((part) => !member.test(part))
  if (wrong !== undefined)
    throw new Error(
      `${name}: index names "${path}": each part of it must be a letter or _, then letters, digits and _`,
    )
  if ((systemMembers as readonly string[]).includes(path))
    throw new Error(`${name}: index names "${path}", which is no member of its own`)
}
