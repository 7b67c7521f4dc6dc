import type { z } from "@hono/zod-openapi"
import type { FieldTypeName } from "../db/dialect/field.ts"
import type { Waiter } from "../lib/fair-queue.ts"
import type { Rule } from "./rules.ts"
import type { Viewer } from "./viewer.ts"

/** A field that is written under another name and changed on the way, such as a password. */
export interface SecretInput {
  /** The name in request bodies. */
  as: string
  /** Fewest and most characters. */
  min: number
  max: number
  /** What is stored instead of what was sent. `waiter` is the request that it is for: costly work takes turns by it. */
  hash(value: string, waiter?: Waiter): Promise<string>
  /** Whether `value` is what was stored. */
  verify(value: string, stored: string, waiter?: Waiter): Promise<boolean>
  /** The member of a PATCH that must hold the present value (admins aside), of a DELETE as a header of that name. */
  confirm: string
}

/** Options of one field. */
export interface FieldOptions<C extends string = string> {
  /**
   * Who sees the field. Default: whoever sees the row; nobody, where the name of a column of one's own tables looks like
   * that of a secret.
   */
  read?: Rule<C>
  /** Who may set the field. Default: whoever may create or update the row. */
  write?: Rule<C>
  /** Who may set it in a create. Default: `write`. */
  create?: Rule<C>
  /** Who may set it in an update: of the row as it is and as it will be. Default: `write`. */
  update?: Rule<C>
  /** Which rows of the table that it refers to a writer may name. Default: those that the writer may read. */
  refersTo?: Rule
  /** The value when a create does not set it. */
  initially?: (viewer: Viewer) => unknown
  /** The field is written under another name, and stored changed. */
  secret?: SecretInput
  /** Whether a change of it needs the row's present secret as well (admins aside). */
  confirm?: boolean
  /** The type of a column whose own type is not known. */
  type?: FieldTypeName
  /** What a value of JSON must be, as its `$type<…>()` says. */
  schema?: z.ZodType
}
