import { bodyLimit } from "hono/body-limit"
import { keepText, wholeText } from "../lib/json-text.ts"
import { decodeUtf8, notUtf8, notUtf8At, paramsNotUtf8 } from "../lib/utf8.ts"
import { invalid, Problem } from "../problem.ts"
import type { AppContext, AppMiddleware } from "./context.ts"
import { jsonTypes, requireMediaType, shown } from "./media-types.ts"

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

/**
 * The body as text, without a byte order mark in front (RFC 8259, 8.1). Throws a 422 with the issue's `code` where it is
 * not UTF-8, and for a connection that ends within it.
 */
async function readText(c: AppContext, code: "malformed_json" | "invalid_text"): Promise<string> {
  let bytes: ArrayBuffer
  try {
    bytes = await c.req.arrayBuffer()
  } catch (error) {
    if (error instanceof Problem) throw error
    throw new Problem("incomplete_body", "The body ended before it was complete", { cause: error })
  }
  const text = decodeUtf8(bytes)
  if (text !== undefined) return text
  const why = `${notUtf8} from byte ${notUtf8At(bytes)} on`
  throw invalid(`The body ${why}`, [{ path: "body", message: why, code }])
}

/** Throws a 415 for a media type in another charset than UTF-8. */
function requireUtf8(type: string): void {
  for (const [, charset = ""] of type.matchAll(/;\s*charset\s*=([^;]*)/gi))
    if (!/^("?)utf-?8\1$/i.test(charset.trim()))
      throw new Problem("unsupported_media_type", `Send UTF-8, not charset=${shown(charset.trim())}`)
}

/** Throws a 415 for a body with a `Content-Encoding`. */
export function requireUnencoded(c: AppContext): void {
  if ((c.req.header("content-encoding") ?? "identity") !== "identity")
    throw new Problem("unsupported_encoding", "Send the body without Content-Encoding")
}

/** Whether a media type is that of a form. */
export const isForm = /^application\/x-www-form-urlencoded\s*(;|$)/i

/** The body as a form. Throws 415 for another media type or charset, and 422 for what is not UTF-8. */
export async function readForm(
  c: AppContext,
  hint = "Send application/x-www-form-urlencoded",
): Promise<URLSearchParams> {
  const type = c.req.header("content-type") ?? ""
  if (!isForm.test(type)) throw new Problem("unsupported_media_type", hint)
  requireUtf8(type)
  const text = await readText(c, "invalid_text")
  const wrong = paramsNotUtf8(text)
  if (wrong.length)
    throw invalid(
      "The form is not valid",
      wrong.slice(0, 20).map((path) => ({ path, message: notUtf8, code: "invalid_text" })),
    )
  return new URLSearchParams(text)
}

/** Most levels of nesting: validators recurse into JSON, and SQLite reads at most 1,000 levels. */
const deepest = 200

/** Whether JSON text nests deeper than `levels`, by its brackets, before anything recurses into it. */
function isDeeper(text: string, levels: number): boolean {
  if (text.length <= 2 * levels) return false
  let depth = 0
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x22) quoted = !quoted
    else if (quoted) {
      // A backslash.
      if (code === 0x5c) i++
    } else if (code === 0x5b || code === 0x7b) {
      if (++depth > levels) return true
    } else if (code === 0x5d || code === 0x7d) depth--
  }
  return false
}

/**
 * The body as JSON, of one of the media `types`; the members that are `verbatim` as `JsonText`, or the whole, or each
 * element of an array. Throws 415 for another type or charset, and 422 for what is not JSON or not UTF-8.
 */
export async function readJson(
  c: AppContext,
  types: readonly string[] = jsonTypes,
  verbatim?: ReadonlySet<string> | "whole",
): Promise<unknown> {
  const text = await readJsonText(c, types)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const why = text.trim() === "" ? "is empty" : `is not JSON: ${(error as Error).message.slice(0, 120)}`
    throw invalid(`The body ${why}`, [{ path: "body", message: why, code: "malformed_json" }])
  }
  if (verbatim === "whole") return wholeText(value, text)
  return verbatim?.size ? keepText(value, text, verbatim) : value
}

/** The text of a body of JSON, as it was sent. Throws as `readJson` does, but for what is not JSON. */
export async function readJsonText(c: AppContext, types: readonly string[] = jsonTypes): Promise<string> {
  requireMediaType(c, types)
  const type = c.req.header("content-type") ?? ""
  if (type.includes(";")) requireUtf8(type)
  requireUnencoded(c)
  const text = await readText(c, "malformed_json")
  if (isDeeper(text, deepest)) {
    const why = `nests deeper than ${deepest} levels`
    throw invalid(`The body ${why}`, [{ path: "body", message: why, code: "too_deep" }])
  }
  return text
}

/** The body as JSON, or undefined where there is none: a client may send nothing, whatever its headers say. */
export async function readOptionalJson(
  c: AppContext,
  types?: readonly string[],
  verbatim?: ReadonlySet<string>,
): Promise<unknown> {
  if (c.req.raw.body === null || (await readText(c, "malformed_json")) === "") return undefined
  return readJson(c, types, verbatim)
}
