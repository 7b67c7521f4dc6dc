import { versionName } from "../resource/names.ts"
import type { Resource } from "../resource/resource.ts"
import type { Selection } from "./query.ts"

/** Whether the name asks for the validator: a column of that name comes first. */
export const isVersion = ({ fields }: Resource, name: string): boolean =>
  name === versionName && !Object.hasOwn(fields, name)

/** Whether a row is read, or a part of it, and nothing beside it. */
export const isRowAlone = ({ includes, counts = [] }: Selection): boolean =>
  includes.length === 0 && counts.length === 0

/** Whether a part of a row is read, and nothing beside it. */
export const isPartAlone = (selection: Selection): boolean =>
  selection.fields !== undefined && isRowAlone(selection)

/** Whether rows have their validators as members, here or where they are embedded. */
export const hasVersions = ({ version, includes }: Pick<Selection, "version" | "includes">): boolean =>
  version === true || includes.some(hasVersions)
