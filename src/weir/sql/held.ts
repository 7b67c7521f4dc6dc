import { type SQL, sql } from "drizzle-orm"
import type { Values } from "../query/query.ts"
import { type Field, type Resource, secretOf, updatedField } from "../resource/resource.ts"
import type { RowSql } from "../resource/rules.ts"
import type { ViewerKind, ViewerSql } from "../resource/viewer.ts"
import { tableOf } from "./columns.ts"
import { bound, compile, type Plan } from "./plan.ts"
import { oneVisible, wholeText, writtenRow } from "./returning.ts"
import { exactText, sentText } from "./sent.ts"
import { rowVersion } from "./validator.ts"
import { viewerSql } from "./where.ts"

/** The name of the bound version or text that a row must still have for a write to hold. */
export const heldText = "@held"

/** What tells whether a row is still the same: its version, or else its text. */
const stateOf = (resource: Resource, row: RowSql, viewer: ViewerSql): SQL =>
  rowVersion(resource, row) ?? exactText(resource, wholeText(resource, row, viewer))

/** A write's condition: the row still has the state that is bound as `heldText`. */
export const isHeld = (resource: Resource, row: RowSql, viewer: ViewerSql): SQL =>
  sql`${stateOf(resource, row, viewer)} = ${bound(heldText)}`

/** The name of the bound secret, as it is stored, that a row must still have. */
const heldSecret = "@secret"

/** What a row must still have for a write to hold: its version or text, and its secret as it is stored. */
export interface Held {
  text?: string | undefined
  secret?: string | undefined
}

/** What tells the statements of such writes apart. */
export const heldShape = ({ text, secret }: Held): string =>
  `${text === undefined ? "" : ":held"}${secret === undefined ? "" : ":secret"}`

export const heldValues = ({ text, secret }: Held): Values => ({ [heldText]: text, [heldSecret]: secret })

/** A write's conditions: the row still has what is bound by `heldValues`. */
export const isStill = (resource: Resource, row: RowSql, viewer: ViewerSql, { text, secret }: Held) => [
  text === undefined ? true : isHeld(resource, row, viewer),
  secret === undefined ? true : sql`${row((secretOf(resource) as Field).name)} = ${bound(heldSecret)}`,
]

/** One row whose key is bound: `[text, time of its last change, state]`, or no row where the viewer can see none. */
export function compileHeld(resource: Resource, kind: ViewerKind): Plan {
  const row = writtenRow(resource)
  const viewer = viewerSql(kind)
  const updated = updatedField(resource)
  const time = updated ? updated.type.sql.json(row(updated.name)) : sql`null`
  const text = wholeText(resource, row, viewer)
  const visible = oneVisible(resource, row, viewer)
  return {
    ...compile(
      sql`select ${sentText(resource, text)}, ${time}, ${stateOf(resource, row, viewer)} from ${tableOf(resource)} where ${visible}`,
    ),
    bounded: true,
  }
}
