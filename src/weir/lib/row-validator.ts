import { rowTag, shortHash } from "./etag.ts"

/** Of a row's text as a write returns it: the line of its version, where its validator is made of that. */
export const lineOf = (text: string): string =>
  text.startsWith("{") ? "" : text.slice(0, text.indexOf("\n"))

/** The strong ETag of a row, by its text. */
export function validatorOf(text: string, { id }: { id?: unknown }): string | Promise<string> {
  const line = lineOf(text).replaceAll('"', "")
  if (line === "") return rowTag(text)
  if (!line.endsWith("*")) return `"${line}"`
  const at = line.lastIndexOf(".")
  return `"${line.slice(0, at)}.${shortHash(`${line.slice(at)} ${id}`)}"`
}
