import { type SQL, sql } from "drizzle-orm"
import type { WrittenWith } from "../recording.ts"
import type { Statement } from "../statement.ts"

/** Undefined: SQLite has no writes within a statement, so that others follow which look at the row again. */
export const writtenWithin: ((statement: Statement, beside: WrittenWith) => Statement) | undefined = undefined

/** The end of a subselect of rows to be deleted: SQLite has one writer. */
export const skippingLocked: string = ""

/** The nth placeholder of a statement, from 1 on. */
export const placeholder = (_n: number): string => "?"

/** A key in the JSON of a record, or a part of it: a key of several columns is kept as the text of an array. */
export const keyPart = (json: SQL, part: number | undefined): SQL =>
  part === undefined
    ? sql`json_extract(${json}, '$')`
    : sql`json_extract(json_extract(${json}, '$'), ${sql.raw(`'$[${part}]'`)})`
