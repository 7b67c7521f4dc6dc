// Zod for the Worker, a fifth smaller: `[alias]` of wrangler.toml names this file for `zod`, whose namespace holds all of
// its locales.
import * as z from "./external.js"

export * from "./external.js"
export { z, z as default }
