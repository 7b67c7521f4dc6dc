// What lets zod parse values that hold themselves: not for the Worker, whose values come from JSON and forms. `[alias]` of
// wrangler.toml names this file for zod's own; zod/mini does without it as well.
export const memoizer = () => undefined
export { isBackEdge, isRecursiveSchema } from "../../node_modules/zod/v4/core/memoizer.js"
