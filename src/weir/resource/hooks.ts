import type { Column, Table } from "drizzle-orm"
import type { DbFor } from "../db/handle.ts"
import type { RowKey } from "./key.ts"
import type { RouteViewer } from "./viewer.ts"

export const hookVerbs = ["create", "update", "delete"] as const
/** What becomes of a row. A soft delete is a `delete`, a restore an `update`. */
export type HookVerb = (typeof hookVerbs)[number]

/** A value of JavaScript as JSON has it. */
type Wire<D> = D extends Date | bigint | Uint8Array
  ? string
  : D extends (infer E extends Date | bigint)[]
    ? Wire<E>[]
    : D

/** The value of a column as JSON has it. */
type WireValue<C extends Column> = Wire<C["_"]["data"]> | (C["_"]["notNull"] extends true ? never : null)

type Columns<T extends Table> = T["_"]["columns"]

/** A row as JSON has it, by its table's columns. Of a document, the members that the engine sets, and its own. */
export type HookRow<T extends Table> = "_created_at" extends keyof Columns<T>
  ? { [K in Exclude<keyof Columns<T> & string, "data">]: WireValue<Columns<T>[K]> } & Record<string, unknown>
  : { [K in keyof Columns<T> & string]: WireValue<Columns<T>[K]> }

/** The key of a table's rows. Of several columns, it is an array of their values. */
export type HookKey<T extends Table> = [KeyColumn<T>] extends [never]
  ? RowKey
  : Exclude<WireValue<Columns<T>[KeyColumn<T>]>, null>
type KeyColumn<T extends Table> = {
  [K in keyof Columns<T> & string]: Columns<T>[K]["_"]["isPrimaryKey"] extends true ? K : never
}[keyof Columns<T> & string]

/** What every hook is told. By parts, so that a function for the rows of any table fits each. */
interface EventOf<D> {
  /** The resource's name. */
  readonly resource: string
  readonly viewer: RouteViewer
  /** Drizzle's database, as hand-written routes have it in `c.var.db`. */
  readonly db: D
}
interface CreateOf<R, D> extends EventOf<D> {
  /** What was sent: checked, by the names of the columns, and without secrets. */
  readonly values: Readonly<Partial<R>>
}
interface UpdateOf<R, K, D> extends CreateOf<R, D> {
  readonly key: K
}
interface DeleteOf<K, D> extends EventOf<D> {
  readonly key: K
}
interface WriteOf<R, K, D> extends EventOf<D> {
  readonly verb: HookVerb
  readonly key: K
  /** The row as the write left it, or as it was before a delete: all columns but secrets, whoever may see them. */
  readonly row: R
}

/** A create to come. */
export type BeforeCreate<T extends Table = Table> = CreateOf<HookRow<T>, DbFor<T>>
/** A change to come, of a row that is the viewer's to change so. */
export type BeforeUpdate<T extends Table = Table> = UpdateOf<HookRow<T>, HookKey<T>, DbFor<T>>
/** A delete to come, of a row that is the viewer's to delete. */
export type BeforeDelete<T extends Table = Table> = DeleteOf<HookKey<T>, DbFor<T>>
/** A write that is committed. */
export type AfterWrite<T extends Table = Table> = WriteOf<HookRow<T>, HookKey<T>, DbFor<T>>

/** A team's own code around the writes of a resource. */
export interface HookOptions<T extends Table = Table> {
  /** Checks before a write: what one throws refuses it, and nothing is written. */
  before?: {
    create?(event: BeforeCreate<T>): void | Promise<void>
    update?(event: BeforeUpdate<T>): void | Promise<void>
    delete?(event: BeforeDelete<T>): void | Promise<void>
  }
  /** What is done after the commit of a write. The answer does not wait for it, and a failure is logged. */
  after?: {
    create?(event: AfterWrite<T>): unknown
    update?(event: AfterWrite<T>): unknown
    delete?(event: AfterWrite<T>): unknown
  }
}

/** Throws one line where a hook is of no write, or is no function. */
export function checkHooks(name: string, { before, after }: HookOptions): void {
  for (const [when, hooks = {}] of Object.entries({ before, after })) {
    if (typeof hooks !== "object")
      throw new Error(`${name}: ${when} must hold functions, by ${hookVerbs.join(", ")}`)
    for (const [verb, hook] of Object.entries<unknown>(hooks)) {
      if (!(hookVerbs as readonly string[]).includes(verb))
        throw new Error(`${name}: ${when} names "${verb}": it takes ${hookVerbs.join(", ")}`)
      if (hook !== undefined && typeof hook !== "function")
        throw new Error(`${name}: ${when}.${verb} must be a function`)
    }
  }
}
