import { mkdirSync, renameSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { pathToFileURL } from "node:url"
import { transformSync } from "amaro"

/**
 * The JavaScript of a file of which Node's own way, to blank its types, leaves no module that works: there are enums,
 * namespaces or parameter properties, or imports of nothing but types. Null where Node's way does.
 *
 * @param {string} source
 * @param {string} path
 * @param {boolean} isNodes Whether Node would blank the file's types itself.
 * @returns {string | null}
 */
export function fromTypeScript(source, path, isNodes) {
  const filename = pathToFileURL(path).href
  /** @param {boolean} verbatimModuleSyntax */
  const javascript = (verbatimModuleSyntax) => {
    const transform = { verbatimModuleSyntax, nativeClassProperties: true, noEmptyExport: true }
    return transformSync(source, { mode: "transform", sourceMap: true, filename, transform })
  }
  try {
    // A file of another kind, with `require`, is left to Node.
    if (!isNodes && !/^\s*(import|export)\b/m.test(source)) return null
    const { code, map = "" } = javascript(false)
    if (isNodes && code === javascript(true).code && isErasable(source)) return null
    const mapText = Buffer.from(map).toString("base64")
    return `${code}\n//# sourceMappingURL=data:application/json;base64,${mapText}`
  } catch (error) {
    const { message, startLine } = /** @type {{ message: string, startLine?: number }} */ (error)
    throw new Error(`${path}:${startLine}: ${message}`)
  }
}

/**
 * Whether nothing but types must go.
 *
 * @param {string} source
 */
function isErasable(source) {
  try {
    transformSync(source, { mode: "strip-only" })
    return true
  } catch {
    return false
  }
}

/**
 * Keeps what became of a file for later starts, where its folder can be written.
 *
 * @param {string} file
 * @param {import("./load.js").Kept} kept
 */
export function keep(file, kept) {
  try {
    mkdirSync(dirname(file), { recursive: true })
    // Another process may read it meanwhile.
    writeFileSync(`${file}.${process.pid}`, JSON.stringify(kept))
    renameSync(`${file}.${process.pid}`, file)
  } catch {
    // A start without it transforms the file anew.
  }
}
