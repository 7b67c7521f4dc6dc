import { readFileSync } from "node:fs"
import { createRequire, getCompileCacheDir, registerHooks, setSourceMapsSupport } from "node:module"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

/**
 * What became of a file, kept beside what Node has compiled: a start with unchanged files transforms none.
 *
 * @typedef {object} Kept
 * @property {string} path
 * @property {boolean} isNodes Whether Node would blank the file's types itself.
 * @property {string} source
 * @property {string | null} code The module in its place; null where Node loads it as it stands.
 */

const require = createRequire(import.meta.url)
const engine = new URL("../../", import.meta.url).href
/** The module in place of each file, by its URL; null where Node loads it as it stands. @type {Map<string, string | null>} */
const modules = new Map()
let isHooked = false

/**
 * Has loaded as bundlers load it what Node cannot load as it stands: TypeScript of which more must go than types, and
 * JSON without an attribute.
 *
 * @param {import("node:module").ResolveFnOutput} result
 * @param {import("node:module").ResolveHookContext} context
 * @returns {import("node:module").ResolveFnOutput}
 */
export function prepare(result, { importAttributes, conditions }) {
  const { url, format } = result
  const kind = /\.(m?ts|json)$/.exec(url)?.[1]
  if (!kind || url.startsWith(engine) || !url.startsWith("file:")) return result
  if (kind === "json" && (importAttributes?.type === "json" || conditions.includes("require"))) return result
  let code = modules.get(url)
  if (code === undefined) {
    const path = fileURLToPath(url)
    // Node takes no types out of packages, and otherwise may have to guess what kind of module a file is.
    const isNodes = format === "module-typescript" && !url.includes("/node_modules/")
    code = moduleOf(path, kind === "json", isNodes)
    modules.set(url, code)
  }
  if (code === null) return result
  if (!isHooked) registerHooks({ load })
  isHooked = true
  return { ...result, format: "module" }
}

/**
 * Every module costs time in a hook at each start: it is there only where a file needs it.
 *
 * @type {import("node:module").LoadHookSync}
 */
function load(url, context, next) {
  // A package may load the same JSON in its own way.
  const source = context.format === "module" ? modules.get(url) : undefined
  return source ? { format: "module", source, shortCircuit: true } : next(url, context)
}

/**
 * @param {string} path
 * @param {boolean} isJson
 * @param {boolean} isNodes
 * @returns {string | null}
 */
function moduleOf(path, isJson, isNodes) {
  const source = readFileSync(path, "utf8")
  if (isJson) return /** @type {typeof import("./json.js")} */ (require("./json.js")).fromJson(source, path)
  const folder = getCompileCacheDir()
  const file = folder && join(folder, "weir", path.slice(-200).replace(/[^\w.-]/g, "_"))
  const kept = file && readKept(file)
  const isKept = kept && kept.source === source && kept.path === path && kept.isNodes === isNodes
  const code = isKept ? kept.code : transformed(file, source, path, isNodes)
  if (code !== null) setSourceMapsSupport(true, { nodeModules: false, generatedCode: false })
  return code
}

/**
 * @param {string | undefined} file Where to keep it.
 * @param {string} source
 * @param {string} path
 * @param {boolean} isNodes
 * @returns {string | null}
 */
function transformed(file, source, path, isNodes) {
  const { fromTypeScript, keep } = /** @type {typeof import("./transform.js")} */ (require("./transform.js"))
  const code = fromTypeScript(source, path, isNodes)
  if (file) keep(file, { path, isNodes, source, code })
  return code
}

/**
 * @param {string} file
 * @returns {Kept | undefined}
 */
function readKept(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"))
  } catch {
    return undefined
  }
}
