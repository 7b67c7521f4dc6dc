import type { Relations, Table } from "drizzle-orm"
import type { HookOptions } from "./hooks.ts"
import type { Embed, ResourceOptions, TableOptions } from "./resource.ts"

/** A table, or the one that a module holds. */
type TableOf<S> = S extends Table ? S : Extract<S[keyof S], Table>
type ColumnsOf<T extends Table> = keyof T["_"]["columns"] & string

type RelationNames<M, T extends Table> = {
  [K in keyof M]: M[K] extends Relations<T["_"]["name"], infer Config> ? keyof Config & string : never
}[keyof M]
/** The relations that the module declares of its table. */
type Declared<M> = RelationNames<M, TableOf<M>>

/**
 * Embeds by the names of relations. An editor suggests those that the module declares; foreign keys make others, so that
 * the names are checked at load.
 */
type Embeds<M, E> = { [Name in Declared<M>]?: Embed | undefined } & {
  [Name in keyof E]: Embed | undefined
}

/** The options of a table, or of a module with it: typed by its columns, and by the relations that the module declares. */
export type OwnOptions<S, E> = TableOptions<ColumnsOf<TableOf<S>>> &
  HookOptions<TableOf<S>> & {
    /** The relations that clients may embed; `true` for all. */
    embed?: true | Embeds<S, E>
  }

/** The options of each table of a schema, by its export. */
export type SchemaOptions<S> = {
  [K in keyof S as S[K] extends Table ? K : never]?: S[K] extends Table
    ? ResourceOptions<ColumnsOf<S[K]>, string> & HookOptions<S[K]>
    : never
}
