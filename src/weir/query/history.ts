import { Between, Invalid } from "../fields/type.ts"
import { fieldType } from "../fields/types.ts"
import type { Resource } from "../resource/resource.ts"
import type { ViewerKind } from "../resource/viewer.ts"
import type { Selection } from "./query.ts"
import { ParamReader } from "./reader.ts"
import { readSelection } from "./selection.ts"

/** Versions of a page: at most, and by default. */
export const maxVersions = 100
export const defaultVersions = 20

/** Which versions of a row to read, the newest first: at most `limit`, of lower numbers than `before`. */
export interface VersionsQuery {
  limit: number
  before: number | undefined
}

/** Reads the query string of a row's versions. Throws a 422 that names every wrong parameter. */
export function parseVersions(kind: ViewerKind, search: string): VersionsQuery {
  const reader = new ParamReader(kind, search)
  const limit = reader.integer("limit", 1, maxVersions) ?? defaultVersions
  const before = reader.integer("before", 0, maxVersion)
  reader.finish()
  return { limit, before }
}

/** More than any row has. */
export const maxVersion = 2_147_483_647

/** What is asked of a row as it was. */
export interface AsOfQuery extends Pick<Selection, "fields" | "members"> {
  /** The instant, as the database compares it. */
  at: string
}

/** Whether a query string asks for a row as it was. */
export const isAsOf = (search: string): boolean => /[?&]as_of=/.test(search)

/** Reads the query string of a row as it was at `as_of`. Throws a 422 that names every wrong parameter. */
export function parseAsOf(resource: Resource, kind: ViewerKind, search: string): AsOfQuery {
  const reader = new ParamReader(kind, search)
  const time = fieldType({ type: "timestamp" }).parse(reader.single("as_of") ?? "")
  if (time instanceof Invalid) reader.issue("as_of", time.message, time.code)
  const { fields, members, includes, counts, version } = readSelection(reader, resource, {
    filtered: false,
    byDefault: [],
  })
  if (includes.length || counts) reader.issue("include", "is not known of a row as it was", "conflict")
  if (version) reader.issue("fields", "a row as it was has no _version", "conflict")
  reader.finish()
  return { fields, members, at: String(time instanceof Between ? time.below : time) }
}

/** Whether a query string asks for what a row was in one of its versions. */
export const isFromVersion = (search: string): boolean => /[?&]from_version=/.test(search)

/** Takes the version out of such a query string. Throws a 422 for what is no number of one. */
export function takeVersion(kind: ViewerKind, search: string): { version: number; search: string } {
  const params = new URLSearchParams(search)
  const reader = new ParamReader(kind, "")
  for (const text of params.getAll("from_version")) reader.add("from_version", text)
  const version = reader.integer("from_version", 0, maxVersion) ?? 0
  reader.finish()
  params.delete("from_version")
  return { version, search: params.size ? `?${params}` : "" }
}
