import type { AppContext } from "../http/context.ts"
import type { Registry } from "../http/registry.ts"
import { reply } from "../http/reply.ts"
import * as z from "../lib/zod.ts"
import { requireHolds } from "../operations/access.ts"
import { notFound } from "../problem.ts"
import type { Key } from "../resource/key.ts"
import { signedIn } from "../resource/rules.ts"
import { readBody } from "./body.ts"
import { requireInPerson } from "./in-person.ts"

const password = z.string().min(1).max(200).openapi({ format: "password", example: "correct horse" })
const example = "123456"
const code = z.string().min(1).max(50).openapi({ example })

/** The present password, a code of an app, or either, as a body. */
export const withPassword = z.strictObject({ current_password: password }).openapi("CurrentPassword")
export const withCode = z.strictObject({ code }).openapi("OneTimeCode")
export const withEither = z
  .union([withPassword, withCode])
  .openapi("CurrentPasswordOrCode", { example: { code: example } })

/** A route of what is one's own, and is changed in person alone. */
export interface OwnRoute<Body> {
  method: "get" | "post" | "patch" | "delete"
  path: string
  operationId: string
  summary: string
  description: string
  /** What keys, and who acts as another, cannot do. */
  what: string
  body?: z.ZodType<Body>
  status: number
  /** A status of its own, where it refuses by one. */
  error?: number
  answer?: z.ZodType
  handle(c: AppContext, account: Key, body: Body): Promise<unknown>
}

/** Serves such a route. */
export function ownRoute<Body>(registry: Registry, route: OwnRoute<Body>): void {
  const { method, path, operationId, summary, description, what } = route
  const { body, status, error = [], answer, handle } = route
  const hasId = path.includes("{id}")
  registry.add(
    method,
    path,
    () => ({
      operationId,
      tags: ["auth"],
      summary,
      description,
      request: {
        ...(hasId ? { params: z.object({ id: z.coerce.number().int().openapi({ example: 1 }) }) } : {}),
        ...(body ? { body: { required: true, content: { "application/json": { schema: body } } } } : {}),
      },
      responses: {
        [status]: {
          description: summary,
          ...(answer ? { content: { "application/json": { schema: answer } } } : {}),
        },
      },
      security: "required",
      errors: [401, 403, ...[error].flat(), ...(hasId ? [404] : []), ...(body ? [413, 415, 422, 429] : [])],
    }),
    async (c) => {
      const call = c.get("call")
      requireHolds(call, signedIn)
      const { viewer } = call
      requireInPerson(viewer, what)
      const result = await handle(c, viewer.id as Key, body ? await readBody(c, body) : (undefined as Body))
      return reply(c, status, status === 204 ? null : JSON.stringify(result), { "cache-control": "no-store" })
    },
    method === "patch" ? { patchTypes: ["application/json"] } : {},
  )
}

/** The key of the path; a 404 for what is none. */
export function idOf(c: AppContext): number {
  const text = c.req.param("id") ?? ""
  if (!/^\d{1,15}$/.test(text)) throw notFound()
  return Number(text)
}
