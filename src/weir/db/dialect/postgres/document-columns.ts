import type { SQL } from "drizzle-orm"
import { type AnyPgColumn, customType, index, jsonb } from "drizzle-orm/pg-core"
import { documentIdSpec } from "../collections.ts"
import { describe, type FieldSpec } from "../field.ts"

/** Text in the order of its bytes, so that keys ascend in time in every locale. */
const ordered = customType<{ data: string }>({ dataType: () => 'text collate "C"' })

/** The key of a document: text that clients give or `makeId` makes. */
export const documentKey = (makeId: () => string) =>
  describe(ordered().primaryKey().$defaultFn(makeId), documentIdSpec)

/** How a document's own members are kept. */
export const documentSpec: FieldSpec = { type: "json", document: true, sqlType: "jsonb" }

/** A document's own members, as a JSON object. */
export const documentData = () => describe(jsonb().$type<Record<string, unknown>>().notNull(), documentSpec)

/** An index of expressions, of which there is one at least, and of the key behind them. */
export const documentIndex = (name: string, [first, ...others]: SQL[], key: AnyPgColumn) =>
  index(name).on(first as SQL, ...others, key as never)
