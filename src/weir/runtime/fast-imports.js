import { enableCompileCache, registerHooks } from "node:module"

// Modules loaded from here on are compiled once, for this and later processes. This file is plain JavaScript: for
// TypeScript, Node would load its compiler first, which delays every start.
enableCompileCache()

const largePackage = /\/node_modules\/(drizzle-orm|zod)\//
/** @type {Map<string, import("node:module").ResolveFnOutput>} */
const resolved = new Map()

/**
 * Halves the start-up time. Node reads a package's `package.json` for each import of the package and for the format of
 * each of its files; Drizzle's lists thousands of exports. Two shortcuts avoid that: a bare specifier resolves to the
 * same file for all of our modules, and a relative import within a large package is an ES module.
 */
registerHooks({
  resolve(specifier, context, next) {
    const { parentURL = "" } = context
    if (/^\..*\.js$/.test(specifier) && largePackage.test(parentURL))
      return { url: new URL(specifier, parentURL).href, format: "module", shortCircuit: true }
    if (!/^[@a-z][^:]*$/.test(specifier) || parentURL.includes("/node_modules/"))
      return next(specifier, context)
    let result = resolved.get(specifier)
    if (!result) {
      result = { ...next(specifier, context), shortCircuit: true }
      resolved.set(specifier, result)
    }
    return result
  },
})
