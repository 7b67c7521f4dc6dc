import { enableCompileCache, registerHooks } from "node:module"
import { resolveTeamImport } from "./imports/resolve.js"

// Modules loaded from here on are compiled once, for this and later processes. This file is plain JavaScript: for
// TypeScript, Node would load its compiler first, which delays every start.
enableCompileCache()

const engine = new URL("../", import.meta.url).href
const source = new URL("../../", import.meta.url).href
const largePackage = /\/node_modules\/(drizzle-orm|zod)\//
/** @type {Map<string, import("node:module").ResolveFnOutput>} */
const resolved = new Map()

/**
 * Halves the start-up time. Node reads a package's `package.json` for each import of the package and for the format of
 * each of its files; Drizzle's lists thousands of exports. Two shortcuts avoid that: a bare specifier resolves to the
 * same file for all modules of `src`, and a relative import within a large package is an ES module.
 *
 * Imports of a team's own files resolve as bundlers resolve them.
 */
registerHooks({
  resolve(specifier, context, next) {
    const { parentURL = "" } = context
    if (/^\..*\.js$/.test(specifier) && largePackage.test(parentURL))
      return { url: new URL(specifier, parentURL).href, format: "module", shortCircuit: true }
    // Packages in JavaScript are written for Node, and may try whether a module is there.
    if (parentURL.includes("/node_modules/") && !/\.m?ts$/.test(parentURL)) return next(specifier, context)
    const resolve = parentURL.startsWith(source) ? once(next) : next
    // The engine loads a team's files by their whole paths.
    if (parentURL.startsWith(engine) && /^[.@a-z][^:]*$/.test(specifier)) return resolve(specifier, context)
    return resolveTeamImport(specifier, context, resolve)
  },
})

/**
 * Resolves each bare specifier once.
 *
 * @param {import("./imports/resolve.js").Next} next
 * @returns {import("./imports/resolve.js").Next}
 */
function once(next) {
  return (specifier, context) => {
    if (!/^[@a-z][^:]*$/.test(specifier)) return next(specifier, context)
    let result = resolved.get(specifier)
    if (!result) {
      result = { ...next(specifier, context), shortCircuit: true }
      resolved.set(specifier, result)
    }
    return result
  }
}
