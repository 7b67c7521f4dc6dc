import { bodyLimit } from "hono/body-limit"
import { invalid, Problem } from "../problem.ts"
import type { AppContext, AppMiddleware } from "./context.ts"
import { jsonTypes, requireMediaType } from "./media-types.ts"

/**
 * Refuses bodies over `max` bytes with a 413. HTTP itself enforces a declared length, so that only the header is
 * checked; Hono's middleware counts the bytes of a body without one.
 */
export function limitBody(max: number): AppMiddleware {
  const tooLarge = (): never => {
    throw new Problem("body_too_large", `The body is larger than ${max} bytes`)
  }
  const counted: AppMiddleware = bodyLimit({ maxSize: max, onError: tooLarge })
  return (c, next) => {
    const { method } = c.req
    if (method === "GET" || method === "HEAD") return next()
    const length = c.req.header("content-length")
    if (length === undefined || c.req.header("transfer-encoding") !== undefined) return counted(c, next)
    return Number(length) > max ? tooLarge() : next()
  }
}

/** The body as text. A connection that ends within it is a 422, not a 500. */
export async function readText(c: AppContext): Promise<string> {
  try {
    return await c.req.text()
  } catch (error) {
    throw new Problem("incomplete_body", "The body ended before it was complete", { cause: error })
  }
}

/** Most levels of nesting: validators recurse into JSON, and SQLite reads at most 1,000 levels. */
const deepest = 200

/** Whether JSON text nests deeper than `levels`, by its brackets, before anything recurses into it. */
function isDeeper(text: string, levels: number): boolean {
  if (text.length <= 2 * levels) return false
  let depth = 0
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const char = text[i]
    if (quoted && char === "\\") i++
    else if (char === '"') quoted = !quoted
    else if (quoted) continue
    else if (char === "[" || char === "{") depth++
    else if (char === "]" || char === "}") depth--
    if (depth > levels) return true
  }
  return false
}

/** The body as JSON, of one of the media `types`. Throws 415 for another type and 422 for what is not JSON. */
export async function readJson(c: AppContext, types: readonly string[] = jsonTypes): Promise<unknown> {
  requireMediaType(c, types)
  if ((c.req.header("content-encoding") ?? "identity") !== "identity")
    throw new Problem("unsupported_encoding", "Send the body without Content-Encoding")
  const text = await readText(c)
  if (isDeeper(text, deepest)) {
    const why = `nests deeper than ${deepest} levels`
    throw invalid(`The body ${why}`, [{ path: "body", message: why, code: "too_deep" }])
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    const why = text.trim() === "" ? "is empty" : `is not JSON: ${(error as Error).message.slice(0, 120)}`
    throw invalid(`The body ${why}`, [{ path: "body", message: why, code: "malformed_json" }])
  }
}
