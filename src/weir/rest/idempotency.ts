import { hash } from "node:crypto"
import type { AppContext } from "../http/context.ts"
import { searchOf } from "../http/query-string.ts"
import { reply } from "../http/reply.ts"
import type { Call } from "../operations/call.ts"
import { once } from "../operations/once.ts"
import { answerPosition, keepAnswer, type Outcome, type Recording } from "../operations/recording.ts"
import { invalid } from "../problem.ts"

const header = "idempotency-key"

/** What is refused of a key, in words; undefined where nothing is. */
const wrong = (key: string): string | undefined =>
  /^[\x21-\x7e]{1,255}$/.test(key) ? undefined : "must be 1 to 255 characters of ASCII, without spaces"

/**
 * Under what a request's outcome is kept (draft-ietf-httpapi-idempotency-key-header), in quotes or not; undefined without
 * that header. The key counts for its viewer alone. Throws a 422 for one that is malformed, and where the API keeps none.
 */
export async function recordingOf(c: AppContext, call: Call): Promise<Recording | undefined> {
  const sent = c.req.header(header)?.trim()
  if (sent === undefined) return undefined
  const key = sent.replace(/^"(.*)"$/, "$1")
  const message = call.records ? wrong(key) : "is not kept by this API (defineApi's records)"
  if (message) throw invalid("The request is not valid", [{ path: header, message, code: "invalid_value" }])
  const { method, url } = c.req
  const path = url.slice(url.indexOf("/", url.indexOf("//") + 2))
  const body = new Uint8Array(await c.req.arrayBuffer())
  return {
    record: digest(JSON.stringify([call.viewer.id ?? null, key])),
    // What a role or the scopes of a key show is for these alone.
    request: digest(`${call.viewer.kind} ${method} ${path} ${hash("sha256", body, "hex")}`),
    expiresAt: new Date(Date.now() + (call.limits.recordsMs ?? day)).toISOString(),
  }
}

/** How long an outcome is kept without a setting, in ms. */
const day = 86_400_000

const digest = (text: string): string => hash("sha256", text, "base64url")

/**
 * Carries out a write once for all requests with its `Idempotency-Key`, if it has one. `replayed` are the headers that say
 * that its answer is that of an earlier request.
 */
export async function onceIn<T>(
  c: AppContext,
  call: Call,
  run: () => Promise<T>,
  replay: (outcomes: Outcome[]) => T,
): Promise<{ value: T; replayed: Record<string, string> }> {
  if (c.req.header(header) === undefined) return { value: await run(), replayed: {} }
  const recording = await recordingOf(c, call)
  let answer: string | undefined
  const { value, replayed } = await once(call, recording, run, (outcomes) => {
    answer = outcomes.find(({ position }) => position === answerPosition)?.body
    return replay(outcomes.filter(({ position }) => position !== answerPosition))
  })
  if (recording && (!replayed || answer !== undefined))
    c.set("kept", { answer, keep: (body) => keepAnswer(call, recording, body) })
  return { value, replayed: replayed ? { "idempotency-replayed": "true" } : {} }
}

type Handler = (c: AppContext) => Promise<Response> | Response

/**
 * A handler of writes whose answers may hold what is read after the write, by `fields` or `include`: with an
 * `Idempotency-Key`, what was read is kept for retries, which would read something else.
 */
export const answeredOnce =
  (handler: Handler): Handler =>
  async (c) => {
    const response = await handler(c)
    const kept = c.get("kept")
    if (!kept || response.body === null || !isShaped(c)) return response
    if (kept.answer !== undefined)
      return reply(c, response.status, kept.answer, Object.fromEntries(response.headers))
    await kept.keep(await response.clone().text())
    return response
  }

const isShaped = (c: AppContext): boolean =>
  c.get("embedsCreated") === true || /[?&](fields|include)=/.test(searchOf(c))

/** The row of a write to one row. */
export const bodyOf = ([one]: Outcome[]): string => one?.body ?? ""
