import { existsSync, readFileSync, statSync } from "node:fs"
import { createRequire, isBuiltin } from "node:module"
import { dirname, join, resolve as resolvePath } from "node:path"
import { fileURLToPath } from "node:url"
import { prepare } from "./load.js"

/**
 * @typedef {import("node:module").ResolveHookContext} Context
 * @typedef {import("node:module").ResolveFnOutput} Result
 * @typedef {(specifier: string, context?: Partial<Context>) => Result} Next
 */

const require = createRequire(import.meta.url)
const project = fileURLToPath(new URL("../../../../", import.meta.url))

/**
 * Resolves an import of a team's file as TypeScript and bundlers do, and has it loaded so as well.
 *
 * @param {string} specifier
 * @param {Context} context
 * @param {Next} next
 * @returns {Result}
 */
export function resolveTeamImport(specifier, context, next) {
  const { parentURL } = context
  if (isBuiltin(specifier)) return next(specifier, context)
  const isUrl = /^[a-z]+:/.test(specifier)
  const importer = !isUrl && parentURL?.startsWith("file:") ? fileURLToPath(parentURL) : undefined
  const result = importer ? resolve(specifier, importer, context, next) : next(specifier, context)
  return prepare(result, context)
}

/**
 * @param {string} specifier
 * @param {string} importer
 * @param {Context} context
 * @param {Next} next
 * @returns {Result}
 */
function resolve(specifier, importer, context, next) {
  const folder = dirname(importer)
  const path = isPath(specifier) ? resolvePath(folder, specifier) : undefined
  const isPlain = path === undefined ? !mayMap(folder) && !mayMap(project) : isFile(path)
  if (isPlain)
    try {
      return next(specifier, context)
    } catch {
      // Bundlers find more than Node does, or it is to be said what is missing.
    }
  // A project of plain files does without this module, and starts sooner.
  const { resolveAsBundlers } = /** @type {typeof import("./bundlers.js")} */ (require("./bundlers.js"))
  return resolveAsBundlers(specifier, importer, context, next)
}

/**
 * Whether an import names a file or folder by its place, and no package.
 *
 * @param {string} specifier
 */
export const isPath = (specifier) => /^\.{0,2}(\/|$)/.test(specifier)

/** @param {string} path */
export const isFile = (path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true

/** By folder: of the tsconfig.json in it or nearest above it. @type {Map<string, boolean>} */
const mapping = new Map()

/**
 * Whether the tsconfig.json that holds for a folder may say what other names mean.
 *
 * @param {string} folder
 * @returns {boolean}
 */
function mayMap(folder) {
  let may = mapping.get(folder)
  if (may === undefined) {
    const path = join(folder, "tsconfig.json")
    const parent = dirname(folder)
    if (existsSync(path)) may = /"(paths|baseUrl|extends)"/.test(readFileSync(path, "utf8"))
    else may = parent !== folder && mayMap(parent)
    mapping.set(folder, may)
  }
  return may
}
