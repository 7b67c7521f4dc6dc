import type { Column, Table } from "drizzle-orm"
import {
  type CollectionOptions,
  declareCollection,
  isSystemMember,
  ownerKey,
  type Target,
} from "../db/dialect/collections.ts"
import { indexedPlace } from "../db/dialect/document-index.ts"
import { describe, type FieldSpec, specOf } from "../db/dialect/field.ts"
import { shortened } from "../db/dialect/reference-indexes.ts"
import { documentColumns, vocabulary } from "../db/dialect/vocabulary.ts"
import { documentId } from "./document-id.ts"
import { checkReferences, isPlainName, type referenceColumn, referenceColumns } from "./references.ts"

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

/** The key's type of a table that a reference names. */
type TargetKey<T> = T extends () => infer Later
  ? OwnerKey<Later>
  : T extends { to: infer To }
    ? TargetKey<To>
    : OwnerKey<T>

type Referring = NonNullable<CollectionOptions["references"]>

/** The columns of references, each of the type of the key that it holds. */
type ReferenceColumns<R extends Referring> = {
  [K in keyof R]: ReturnType<typeof referenceColumn<TargetKey<R[K]> & (string | number)>>
}

const ofOwner = <D extends string | number, R extends Referring>(
  name: string,
  owner: Table | true,
  refs: R,
) => ({
  ...columnsOf(),
  _owner_id: ownedBy<D>(name, owner),
  ...(referenceColumns(name, refs) as ReferenceColumns<R>),
})

const ofNobody = <R extends Referring>(name: string, refs: R) => ({
  ...columnsOf(),
  ...(referenceColumns(name, refs) as ReferenceColumns<R>),
})

/**
 * A collection of documents: a table of a fixed shape, in the schema beside others, and served by a `resource` block as
 * they are. `owner` is the table of accounts, or `true` where that is called `users`; `schema` is a JSON Schema that
 * documents must match; `index` names the places that have an index; `references` names members that hold keys of other
 * rows. Throws one line that names what is wrong with them.
 *
 * @example export const notes = collection("notes", { owner: users, index: ["color", "size.width"] })
 * @example collection("reviews", { owner: true, references: { item_id: { to: items, required: true } } })
 */
export function collection<N extends string, O extends Table | true, const R extends Referring = Nothing>(
  name: N,
  options: CollectionOptions & { owner: O; references?: R },
): ReturnType<typeof owned<N, OwnerKey<O> & (string | number), R>>
export function collection<N extends string, const R extends Referring = Nothing>(
  name: N,
  options?: CollectionOptions & { owner?: undefined; references?: R },
): ReturnType<typeof plain<N, R>>
export function collection(name: string, options: CollectionOptions = {}): Table {
  const { owner, index = [], references: refs = {} } = options
  checkReferences(name, options)
  for (const path of index) checkPath(name, path, refs)
  const made: Table = owner ? owned(name, owner, index, refs) : plain(name, index, refs)
  declareCollection(made, options)
  return made
}

type Nothing = Record<never, Target>

const plain = <N extends string, R extends Referring>(name: N, index: readonly string[], refs: R) =>
  table(name, ofNobody<R>(name, refs), ({ data, _id }) => index.map((path) => indexOf(name, path, data, _id)))

const owned = <N extends string, D extends string | number, R extends Referring>(
  name: N,
  owner: Table | true,
  index: readonly string[],
  refs: R,
) =>
  table(name, ofOwner<D, R>(name, owner, refs), ({ data, _id }) =>
    index.map((path) => indexOf(name, path, data, _id)),
  )

const indexOf = (name: string, path: string, data: Column, key: Parameters<typeof documentIndex>[2]) =>
  documentIndex(
    shortened(`${name}_${path.replace(/\W/g, "_")}_index`),
    indexedPlace(data, documentSpec, path),
    key,
  )

function checkPath(name: string, path: string, refs: Referring): void {
  const wrong = path.split(".").find((part) => !isPlainName(part))
  if (wrong !== undefined)
    throw new Error(
      `${name}: index names "${path}": each part of it must be a letter or _, then letters, digits and _`,
    )
  if (isSystemMember(path)) throw new Error(`${name}: index names "${path}", which is no member of its own`)
  if (Object.hasOwn(refs, path.split(".")[0] as string))
    throw new Error(`${name}: index names "${path}", which is a reference and has an index`)
}
