import { isSystemMember } from "../db/dialect/collections.ts"
import { isReferenceOf } from "../documents/references.ts"
import { documentText, readDocument } from "../lib/json-document.ts"
import { JsonText } from "../lib/json-text.ts"
import { parseWithLong } from "../lib/long-integer.ts"
import type { RowKey } from "../resource/key.ts"
import type { Field, Resource } from "../resource/resource.ts"
import { isOpen } from "../resource/rules.ts"
import { requireOpen } from "./access.ts"
import type { Call } from "./call.ts"
import { type Precondition, rowHeld } from "./precondition.ts"
import { keepUnchanged } from "./recording.ts"
import { replaceDocument } from "./replace.ts"
import { textOfVersion } from "./row-history.ts"
import { update } from "./update.ts"
import { jsonOf } from "./validator.ts"

/**
 * Makes a row what it was in one of its versions, as far as the viewer may set its fields, and returns its JSON. Throws as
 * an update does, and a 404 where there is no such version.
 *
 * @example await restoreVersion(call, items, 1, 3)
 */
export async function restoreVersion(
  call: Call,
  resource: Resource,
  id: RowKey,
  version: number,
  precondition: Precondition | undefined,
): Promise<string> {
  requireOpen(call, resource.rules.update)
  const was = membersOf(await textOfVersion(call, resource, id, version))
  const isSettable = (field: Field | undefined): boolean =>
    field?.write !== undefined && !field.secret && isOpen(field.write.update, call.viewer.kind)
  if (resource.document !== undefined) {
    for (const name of [...was.keys()])
      if (isReferenceOf(resource, name) ? !isSettable(resource.fields[name]) : isSystemMember(name))
        was.delete(name)
    const document = JsonText.checked(documentText(was))
    // A row that is gone is not made anew.
    return (await replaceDocument(call, resource, id, document, { match: "*", ...precondition })).body
  }
  const { text } = await rowHeld(call, resource, id, precondition ?? {})
  const now = membersOf(jsonOf(text))
  const patch: Record<string, unknown> = {}
  for (const field of Object.values(resource.fields)) {
    const value = was.get(field.name)
    if (value === undefined || value === now.get(field.name) || !isSettable(field)) continue
    const isText = resource.json.has(field.name) && value !== "null"
    patch[field.name] = isText ? JsonText.checked(value) : parseWithLong(value)
  }
  if (Object.keys(patch).length === 0) {
    await keepUnchanged(call, text)
    return text
  }
  return update(call, resource, id, patch, precondition)
}

const membersOf = (text: string): Map<string, string> => readDocument(text)?.members ?? new Map()
