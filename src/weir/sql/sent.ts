import type { SQL } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import { isOfVocabulary } from "../db/dialect/field.ts"
import type { Selection } from "../query/query.ts"
import type { Resource } from "../resource/resource.ts"

/**
 * A text of a statement's result. Of a table that other programs write as well, it may hold what is no text: the driver
 * reads it as such.
 */
export const sentText = ({ table }: Pick<Resource, "table">, text: SQL): SQL =>
  isOfVocabulary(table) ? text : expressions.sentText(text)

/** The same of the rows of a selection, whose embeds count as well. */
export const sentRows = (resource: Resource, selection: Pick<Selection, "includes">, text: SQL): SQL =>
  isAllOfVocabulary(resource, selection) ? text : expressions.sentText(text)

const isAllOfVocabulary = ({ table }: Resource, { includes }: Pick<Selection, "includes">): boolean =>
  isOfVocabulary(table) && includes.every((include) => isAllOfVocabulary(include.relation.target, include))

/** A text that is compared with what was read of it before: where some may be no text, its bytes in hexadecimal. */
export const exactText = ({ table }: Pick<Resource, "table">, text: SQL): SQL =>
  isOfVocabulary(table) ? text : expressions.exactText(text)
