import type { SQL } from "drizzle-orm"
import { type AnySQLiteColumn, index, text } from "drizzle-orm/sqlite-core"
import { documentIdSpec } from "../collections.ts"
import { describe, type FieldSpec } from "../field.ts"

/** The key of a document: text that clients give or `makeId` makes. */
export const documentKey = (makeId: () => string) =>
  describe(text().primaryKey().$defaultFn(makeId), documentIdSpec)

/** How a document's own members are kept. */
export const documentSpec: FieldSpec = { type: "json", document: true }

/** A document's own members, as the text of a JSON object. */
export const documentData = () =>
  describe(text({ mode: "json" }).$type<Record<string, unknown>>().notNull(), documentSpec)

/** An index of expressions, of which there is one at least, and of the key behind them. */
export const documentIndex = (name: string, [first, ...others]: SQL[], key: AnySQLiteColumn) =>
  index(name).on(first as SQL, ...others, key as never)
