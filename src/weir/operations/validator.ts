import { rowTag, shortHash } from "../lib/etag.ts"
import type { Viewer } from "../resource/viewer.ts"

/**
 * Of a row's text as a write returns it: the line of its version, where its validator is made of that, and its JSON.
 */
const lineOf = (text: string): string => (text.startsWith("{") ? "" : text.slice(0, text.indexOf("\n")))

/** The JSON of a row, by its text as a write returns it. */
export const jsonOf = (text: string): string => {
  const line = lineOf(text)
  return line === "" ? text : text.slice(line.length + 1)
}

/** The version of a row, by its text; the text itself where it has none: what it must still be for a write to hold. */
export function heldOf(text: string): string {
  const line = lineOf(text)
  return line === "" ? text : line.slice(0, line.lastIndexOf("."))
}

/** The strong ETag of a row, by its text. */
export function validatorOf(text: string, { id }: Pick<Viewer, "id">): string | Promise<string> {
  const line = lineOf(text).replaceAll('"', "")
  if (line === "") return rowTag(text)
  if (!line.endsWith("*")) return `"${line}"`
  const at = line.lastIndexOf(".")
  return `"${line.slice(0, at)}.${shortHash(`${line.slice(at)} ${id}`)}"`
}

/** Whether tags name one state of a row: those of versions do so whoever was given them, and without what follows the version. */
export const isSameState = (tag: string, other: string): boolean => stateIn(tag) === stateIn(other)

const stateIn = (tag: string): string => tag.replace(/\.[0-9a-f]{8}"$/, '"')
