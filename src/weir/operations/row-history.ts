import { isSystemMember } from "../db/dialect/collections.ts"
import type { Row, Statement } from "../db/driver.ts"
import { documentText, readDocument } from "../lib/json-document.ts"
import { notFound } from "../problem.ts"
import { maxVersion, parseAsOf, parseVersions } from "../query/history.ts"
import type { PlacesWithin } from "../query/places-within.ts"
import type { Selection, Values } from "../query/query.ts"
import type { RowKey } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { isOpenToAll } from "../resource/rules.ts"
import { isAdmin } from "../resource/viewer-kind.ts"
import { keyValues } from "../sql/columns.ts"
import { rowKeyText } from "../sql/history.ts"
import { ownValue, ownValues, type Plan, planOf, withValues } from "../sql/plan.ts"
import {
  compileAsOf,
  compileHidden,
  compilePage,
  compileUnchanged,
  compileVersion,
  versionValue,
} from "../sql/versions.ts"
import { exists, requireOpen } from "./access.ts"
import { requireAnswerBytes, requireAnswerText } from "./answer-limit.ts"
import type { Call } from "./call.ts"
import { rowsMeasured } from "./measured.ts"
import { CallTurns } from "./turns.ts"

/** A page of a row's versions: its JSON, and the number below which the next page begins. */
export interface VersionsPage {
  body: string
  next: number | undefined
}

/**
 * The versions of a row, the newest first. `search` is the query string. Throws a 404 for a row that the viewer cannot
 * see now; of one that was deleted, admins see them.
 *
 * @example await listVersions(call, items, 1, "?limit=10")
 */
export async function listVersions(
  call: Call,
  resource: Resource,
  id: RowKey,
  search: string,
): Promise<VersionsPage> {
  requireOpen(call, resource.rules.read)
  const { kind } = call.viewer
  const { limit, before } = parseVersions(kind, search)
  const isThere = await requireVisible(call, resource, id)
  const plan = planOf(resource, `versions:${kind}`, () => compilePage(resource, kind))
  const values = { [versionValue.number]: before ?? maxVersion, [versionValue.limit]: limit + 1 }
  const found = await rowsMeasured(call, call.limits, (limit) => {
    const within = { ...values, [ownValue.answerLimit]: limit }
    return { ...statementOf(call, resource, id, plan, within), bounded: true }
  })
  requireAnswerBytes(Number(found[0]?.at(-1) ?? 0), call.limits, { limit, includes: [] })
  if (!isThere && found.length === 0 && before === undefined) throw notFound()
  const page = found.slice(0, limit)
  const bodies: string[] = []
  const turns = new CallTurns(call)
  for (const [version, verb, at, by, was] of page) {
    const told = JSON.stringify({ version: Number(version), verb, at, by }).slice(0, -1)
    bodies.push(`${told},"row":${was === null ? "null" : shownText(resource, kind, String(was))}}`)
    if (turns.isOver()) await turns.rest()
  }
  const body = `[${bodies.join(",\n")}]`
  requireAnswerText(body, call.limits, { limit, includes: [] })
  return { body, next: found.length > limit ? Number(page.at(-1)?.[0]) : undefined }
}

/**
 * A row as it was at a time. `search` is the query string, with `as_of`. Throws as `listVersions` does, and a 404 where
 * there was no such row.
 *
 * @example await readAsOf(call, items, 1, "?as_of=2026-01-31T12:00:00Z")
 */
export async function readAsOf(call: Call, resource: Resource, id: RowKey, search: string): Promise<string> {
  requireOpen(call, resource.rules.read)
  const { kind } = call.viewer
  const query = parseAsOf(resource, kind, search)
  await requireVisible(call, resource, id)
  const at = { [versionValue.at]: query.at }
  const then = planOf(resource, `as-of:${kind}`, () => compileAsOf(resource, kind))
  const unchanged = planOf(resource, "unchanged", () => compileUnchanged(resource))
  const [row] = [
    ...(await ask(call, resource, id, then, at)),
    ...(await ask(call, resource, id, unchanged, at)),
  ]
  if (typeof row?.[0] !== "string") throw notFound()
  const body = shownText(resource, kind, row[0], query)
  requireAnswerText(body, call.limits, { includes: [] })
  return body
}

/** What a row was in one of its versions. Throws as `listVersions` does, and a 404 where there is no such version. */
export async function textOfVersion(
  call: Call,
  resource: Resource,
  id: RowKey,
  version: number,
): Promise<string> {
  requireOpen(call, resource.rules.read)
  const { kind } = call.viewer
  await requireVisible(call, resource, id)
  const plan = planOf(resource, `version:${kind}`, () => compileVersion(resource, kind))
  const [row] = await ask(call, resource, id, plan, { [versionValue.number]: version })
  if (typeof row?.[0] !== "string") throw notFound()
  return row[0]
}

const statementOf = (call: Call, resource: Resource, id: RowKey, plan: Plan, values: Values): Statement =>
  withValues(plan, {
    ...keyValues(resource, id),
    ...values,
    [versionValue.rowKey]: rowKeyText(id),
    ...ownValues(call.viewer),
  })

const ask = (...of: Parameters<typeof statementOf>): Promise<Row[]> =>
  of[0].client().query({ ...statementOf(...of), bounded: true })

/** Whether the viewer sees the row now. Throws a 404 where not, but for admins where there is none. */
async function requireVisible(call: Call, resource: Resource, id: RowKey): Promise<boolean> {
  if (await exists(call, resource, id)) return true
  if (!isAdmin(call.viewer.kind)) throw notFound()
  const plan = planOf(resource, "hidden", () => compileHidden(resource))
  if ((await ask(call, resource, id, plan, {})).length) throw notFound()
  return false
}

/** A row as it was, as far as such a viewer sees it in every row: its fields by the rules of now, and those asked for. */
function shownText(
  { fields, document }: Resource,
  kind: Call["viewer"]["kind"],
  text: string,
  { fields: chosen, members: places }: Pick<Selection, "fields" | "members"> = {
    fields: undefined,
    members: new Map(),
  },
): string {
  const isOpen = (name: string) => {
    const field = fields[name]
    return field !== undefined && isOpenToAll(field.read, kind)
  }
  const own = document === undefined ? undefined : places.get(document)
  const shown = new Map<string, string>()
  for (const [name, value] of readDocument(text)?.members ?? []) {
    if (Object.hasOwn(fields, name) && name !== document) {
      if (isOpen(name) && (!chosen || chosen.has(name))) shown.set(name, picked(value, places.get(name)))
    } else if (document !== undefined && isOpen(document) && !isSystemMember(name)) {
      // A member of a document. Of a table, it is a column that is no more.
      const place = own?.find((one) => one.name === name)
      if (!chosen || place) shown.set(name, picked(value, place?.members))
    }
  }
  return documentText(shown)
}

/** A value of JSON, or of an object some members. */
function picked(text: string, places: PlacesWithin[] = []): string {
  const members = places.length ? readDocument(text)?.members : undefined
  if (!members) return text
  const kept = places.flatMap(({ name, members: within }): [string, string][] => {
    const value = members.get(name)
    return value === undefined ? [] : [[name, picked(value, within)]]
  })
  return documentText(new Map(kept))
}
