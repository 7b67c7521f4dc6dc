import { enableCompileCache, registerHooks } from "node:module"

enableCompileCache()

const large = /\/node_modules\/(drizzle-orm|zod)\//

/**
 * Halves the time to start. Node asks a package's `package.json` for the format of each of its files, and these are
 * of hundreds, Drizzle's listing thousands of exports: what one of their modules imports from beside it is a module,
 * too.
 */
registerHooks({
  resolve(specifier, context, next) {
    const { parentURL } = context
    if (!/^\..*\.js$/.test(specifier) || !parentURL || !large.test(parentURL)) return next(specifier, context)
    return { url: new URL(specifier, parentURL).href, format: "module", shortCircuit: true }
  },
})
