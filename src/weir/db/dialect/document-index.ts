import { type Column, type SQL, sql } from "drizzle-orm"
import type { FieldSpec } from "./field.ts"
import { jsonPlace } from "./json-path.ts"

/** What an index of a place in a document holds beside the key: what finds and orders the place. */
export const indexedPlace = (data: Column, spec: FieldSpec, path: string): SQL[] =>
  jsonPlace(sql`${data}`, spec, path.split(".")).order.map((column) => sql`(${column})`)
