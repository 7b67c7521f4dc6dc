import { existsSync, readFileSync, realpathSync, statSync } from "node:fs"
import { findPackageJSON } from "node:module"
import { dirname, join, resolve } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { isFile, isPath } from "./resolve.js"
import { mapped } from "./tsconfig.js"

/**
 * @typedef {import("./resolve.js").Context} Context
 * @typedef {import("./resolve.js").Result} Result
 * @typedef {import("./resolve.js").Next} Next
 * @typedef {Error & { code?: string, url?: string }} NodeError
 */

/**
 * Resolves an import as TypeScript and bundlers do: a file without its ending, a folder, `users.js` for `users.ts`,
 * `paths` of tsconfig.json, TypeScript in a package of the workspace. Throws one line that names the import and where
 * it stands.
 *
 * @param {string} specifier
 * @param {string} importer
 * @param {Context} context
 * @param {Next} next
 * @returns {Result}
 */
export function resolveAsBundlers(specifier, importer, context, next) {
  const path = isPath(specifier) ? resolve(dirname(importer), specifier) : undefined
  const file =
    path === undefined ? mapped(specifier, importer) : fileAt(path, /(^|\/)\.{0,2}$/.test(specifier))
  if (file) return toFile(file, context, next)
  try {
    return next(specifier, context)
  } catch (cause) {
    const error = /** @type {NodeError} */ (cause)
    const missing = lookedFor(error, specifier, importer)
    const found = missing && fileAt(missing)
    if (found) return toFile(found, context, next)
    const where = `${importer}${lineOf(specifier, importer)}`
    throw Object.assign(new Error(`Cannot resolve "${specifier}" in ${where}${reasonOf(error)}`), {
      code: error.code,
    })
  }
}

/**
 * @param {string} file
 * @param {Context} context
 * @param {Next} next
 * @returns {Result}
 */
function toFile(file, context, next) {
  const { href } = pathToFileURL(realpathSync(file))
  // `require` takes no URLs.
  return context.conditions.includes("require") ? { url: href, shortCircuit: true } : next(href, context)
}

/** In the order in which they are tried. */
const endings = [".ts", ".mts", ".js", ".mjs", ".cjs", ".json"]

/**
 * The file that a path means: itself, `users.ts` for `users` and `users.js`, `users/index.ts` for `users`.
 *
 * @param {string} path
 * @param {boolean} [isFolder] Whether nothing but a folder is meant.
 * @returns {string | undefined}
 */
export function fileAt(path, isFolder = false) {
  if (!isFolder) {
    const typescript = path.replace(/\.(m?)js$/, ".$1ts")
    const file = [path, typescript, ...endings.map((ending) => path + ending)].find(isFile)
    if (file) return file
  }
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return undefined
  const main = mainOf(path)
  const entry = main && fileAt(join(path, main))
  return entry || endings.map((ending) => join(path, `index${ending}`)).find(isFile)
}

/**
 * What a package without `exports` names as its entry.
 *
 * @param {string} folder
 * @returns {string | undefined}
 */
function mainOf(folder) {
  const path = join(folder, "package.json")
  if (!isFile(path)) return undefined
  const { module, main } = JSON.parse(readFileSync(path, "utf8"))
  const entry = module ?? main
  return typeof entry === "string" && join(entry) !== "." ? entry : undefined
}

/**
 * Where Node has found nothing: a file, or the folder of a package whose `main` leads nowhere.
 *
 * @param {NodeError} error
 * @param {string} specifier
 * @param {string} importer
 * @returns {string | undefined}
 */
function lookedFor({ code, url }, specifier, importer) {
  if (url?.startsWith("file:")) return fileURLToPath(url)
  if (code !== "ERR_MODULE_NOT_FOUND" || !/^(@[^/]+\/)?[^/@#~]+$/.test(specifier)) return undefined
  try {
    const path = findPackageJSON(specifier, importer)
    return path && dirname(path)
  } catch {
    return undefined
  }
}

/**
 * @param {string} specifier
 * @param {string} importer
 */
function lineOf(specifier, importer) {
  // What comes from the command line has no file.
  const lines = existsSync(importer) ? readFileSync(importer, "utf8").split("\n") : []
  const line = lines.findIndex((each) => each.includes(`"${specifier}"`) || each.includes(`'${specifier}'`))
  return line < 0 ? "" : `:${line + 1}`
}

/**
 * What the import's own name does not say: that a package is there, and does not export what is asked for.
 *
 * @param {NodeError} error
 */
function reasonOf({ code, message }) {
  if (code === "ERR_MODULE_NOT_FOUND" || code === "ERR_UNSUPPORTED_DIR_IMPORT") return ""
  return `: ${message.split("\n")[0]?.replace(/ imported from .*/, "")}`
}
