import { createHash } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { samples } from "./samples.ts"

const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16)

const mark = /^\/\/ Written by npm run adopt, ([0-9a-f]{16})\. .*\n/

/** A text with a first line by which a later adopt knows whether it was changed. */
export const marked = (text: string): string =>
  `// Written by npm run adopt, ${hashOf(text)}. It is yours: delete this line, or change what follows.\n${text}`

/** Whether a file may be replaced: there is none, or it is as adopt wrote it or the project brought it. */
export function isReplaceable(path: string): boolean {
  if (!existsSync(path)) return true
  const text = readFileSync(path, "utf8").replaceAll("\r\n", "\n")
  const [line = "", hash] = mark.exec(text) ?? []
  return hash === undefined ? samples.includes(hashOf(text)) : hash === hashOf(text.slice(line.length))
}

/** Whether a file is one that the project brought. */
export const isSample = (path: string): boolean =>
  existsSync(path) && samples.includes(hashOf(readFileSync(path, "utf8").replaceAll("\r\n", "\n")))

/** The hash by which `samples` holds a file. */
export const sampleHash = hashOf
