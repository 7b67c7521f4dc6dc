import { type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import type { PatchSql } from "../db/dialect/merge-patch.ts"
import type { Resource } from "../resource/resource.ts"
import { clause, conjunction } from "../resource/rules.ts"
import type { ViewerKind } from "../resource/viewer.ts"
import { hasKey, tableOf } from "./columns.ts"
import { bound, compile, type Plan } from "./plan.ts"
import { type Made, type Requirement, updateRequirements } from "./requirements.ts"
import { oneVisible, returnedRow, writtenRow } from "./returning.ts"
import { assignments } from "./update.ts"
import { viewerSql } from "./where.ts"

/** Names of the values that a patch of a document binds. */
export const documentValue = { patch: "@patch", before: "@before" } as const

/** A merge patch as it is bound: by its text, or by its steps. */
export const encodePatch: (text: string, steps: string) => string = expressions.patchValue

/** What a merge patch (bound as `documentValue.patch`) makes of the document whose key is bound. */
function patchOf(resource: Resource, isWritten: boolean): PatchSql {
  const row = writtenRow(resource)
  return expressions.mergePatch({
    table: tableOf(resource),
    column: row(resource.document as string),
    hasKey: hasKey(resource, row),
    patch: bound(documentValue.patch),
    isWritten,
  })
}

/** The document as a column that is made by an expression. */
const madeOf = (resource: Resource, document: SQL): Made => ({
  bound: [],
  expressions: { [resource.document as string]: document },
})

/** What a patch of the document and of these references (bound by name) requires beside that its document is seen. */
const requirementsOf = (
  resource: Resource,
  kind: ViewerKind,
  { document }: PatchSql,
  references: string[],
): Requirement[] => updateRequirements(resource, kind, references, madeOf(resource, document))

const further = (keyword: string, table: SQL | undefined): SQL =>
  table ? sql`${sql.raw(keyword)} ${table}` : sql``

/**
 * One document's merge patch, done by the database, with references that are bound by name: the row as after any update,
 * or no row where it is not the viewer's to change. `guarded`: only while its text is what is bound as
 * `documentValue.before`. Fails where it would be larger than `maxBytes`.
 */
export function compilePatch(
  resource: Resource,
  kind: ViewerKind,
  references: string[],
  { maxBytes, guarded }: { maxBytes: number; guarded: boolean },
): Plan {
  const row = writtenRow(resource)
  const viewer = viewerSql(kind)
  const patch = patchOf(resource, true)
  const same = sql`${expressions.asText(row(resource.document as string))} = ${bound(documentValue.before)}`
  const where = conjunction([
    oneVisible(resource, row, viewer),
    ...(guarded ? [same] : []),
    ...requirementsOf(resource, kind, patch, references).map(({ holds }) => holds),
  ])
  const set = assignments(resource, references, madeOf(resource, patch.upTo(maxBytes)))
  return compile(
    sql`${patch.ctes}update ${tableOf(resource)} set ${set}${further(" from", patch.from)} where ${clause(where)} returning ${returnedRow(resource, row, viewer)}`,
  )
}

/** A document that the viewer may see: its text, and 1 where it is the viewer's to change by the patch that is bound. */
export function compileBefore(resource: Resource, kind: ViewerKind, references: string[]): Plan {
  const row = writtenRow(resource)
  const patch = patchOf(resource, false)
  const holds = clause(
    conjunction(requirementsOf(resource, kind, patch, references).map(({ holds }) => holds)),
  )
  const text = expressions.asText(row(resource.document as string))
  const visible = oneVisible(resource, row, viewerSql(kind))
  return {
    ...compile(
      sql`${patch.ctes}select ${text}, case when ${holds} then 1 else 0 end from ${tableOf(resource)}${further(",", patch.from)} where ${visible}`,
    ),
    bounded: true,
  }
}
