import type { AppContext } from "../http/context.ts"
import type { Registry } from "../http/registry.ts"
import { reply } from "../http/reply.ts"
import * as z from "../lib/zod.ts"
import { requireHolds } from "../operations/access.ts"
import { read } from "../operations/read.ts"
import { forbidden, invalid } from "../problem.ts"
import type { Key } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { signedIn } from "../resource/rules.ts"
import { scopeActions, scopePattern } from "../resource/scopes.ts"
import { keyHash, newApiKey, startOf } from "./api-key.ts"
import { audited } from "./audit.ts"
import type { AuthContext } from "./auth-context.ts"
import { bodyOf, readBody } from "./body.ts"
import { requireInPerson } from "./in-person.ts"
import { accountLock, fewerThan, insertOf, withRow } from "./rows.ts"

/** Most keys of one account, and most scopes of one key. */
const maxKeys = 100
const maxScopes = 50

const input = z
  .strictObject({
    name: z.string().trim().min(1).max(100).openapi({ description: "What the key is for" }),
    scopes: z
      .array(z.string().regex(scopePattern, "must be as items:read, items:write, items:*, *:read or *"))
      .min(1)
      .max(maxScopes)
      .openapi({
        description: `What may be done with it, of what its account may: \`<path>:<action>\`, the action being ${scopeActions.join(", ")}, \`write\` for all but reading, or \`*\``,
      }),
    expires_at: z.iso
      .datetime({ offset: true })
      .nullable()
      .optional()
      .openapi({ description: "When it ends; never, if left out" }),
  })
  .openapi("NewApiKey", { example: { name: "backup", scopes: ["items:read"] } })

const made = z
  .object({
    id: z.int(),
    user_id: z.union([z.int(), z.string()]),
    name: z.string(),
    start: z.string().openapi({ description: "What the key begins with" }),
    scopes: z.array(z.string()),
    created_at: z.string().openapi({ format: "date-time" }),
    last_used_at: z.string().nullable().openapi({ format: "date-time" }),
    expires_at: z.string().nullable().openapi({ format: "date-time" }),
    key: z.string().openapi({ description: "The key itself: nobody can read it again" }),
  })
  .openapi("MadeApiKey", {
    example: {
      id: 1,
      user_id: 1,
      name: "backup",
      start: "weir_Ab12Cd",
      scopes: ["items:read"],
      created_at: "2026-01-31T12:00:00.000Z",
      last_used_at: null,
      expires_at: null,
      key: "weir_...",
    },
  })

/** `POST /api_keys`: makes a key, which is shown this once. `names` are the paths that scopes may name. */
export function keyRoutes(
  registry: Registry,
  context: AuthContext,
  keys: Resource,
  names: ReadonlySet<string>,
): void {
  registry.add(
    "post",
    `/${keys.name}`,
    () => ({
      operationId: `create${keys.typeName}`,
      tags: [keys.name],
      summary: "Make a key",
      description:
        "Makes a key that programs call with, as `Authorization: Bearer <key>` or `X-API-Key: <key>`. It is shown in this answer alone. A key cannot make keys.",
      request: bodyOf(input),
      responses: {
        201: {
          description: "The key",
          headers: z.object({ location: z.string().openapi({ description: "The key's path" }) }),
          content: { "application/json": { schema: made } },
        },
      },
      security: "required",
      scopes: false,
      errors: [401, 403, 413, 415, 422],
    }),
    async (c) => {
      const call = c.get("call")
      requireHolds(call, signedIn)
      const { viewer } = call
      requireInPerson(viewer, "make keys")
      const { name, scopes, expires_at } = await readInput(c, names)
      const account = viewer.id as Key
      const key = newApiKey()
      const key_hash = keyHash(key)
      const row = {
        user_id: account,
        name,
        start: startOf(key),
        key_hash,
        scopes,
        expires_at: expires_at ?? undefined,
      }
      const told = { event: "key_made", account, details: { name, scopes } } as const
      const lock = accountLock(keys, account)
      const results = await call
        .client()
        .batch([
          ...lock,
          insertOf(keys, row, fewerThan(keys, account, maxKeys)),
          ...audited(c, context.accounts, told, withRow(keys, "key_hash", key_hash)),
        ])
      const id = results[lock.length]?.[0]?.[1] as Key | undefined
      if (id === undefined) throw forbidden(`An account may have ${maxKeys} keys: delete one first`)
      const { body } = await read(call, keys, id, "")
      const location = `${c.get("basePath")}/${keys.name}/${id}`
      return reply(c, 201, `${body.trimEnd().slice(0, -1)},"key":${JSON.stringify(key)}}`, {
        location,
        "cache-control": "no-store",
      })
    },
  )
}

async function readInput(c: AppContext, names: ReadonlySet<string>): Promise<z.infer<typeof input>> {
  const given = await readBody(c, input)
  const { scopes, expires_at } = given
  const unknown = scopes.flatMap((scope, i) => {
    const [name = ""] = scope.split(":", 1)
    const message = `names ${name}, which is no path of this API`
    return name === "*" || names.has(name) ? [] : [{ path: `scopes.${i}`, message, code: "invalid_value" }]
  })
  if (unknown.length) throw invalid("The body is not valid", unknown)
  if (expires_at && !(Date.parse(expires_at) > Date.now()))
    throw invalid("The body is not valid", [
      { path: "expires_at", message: "must be in the future", code: "out_of_range" },
    ])
  return { ...given, ...(expires_at ? { expires_at: new Date(expires_at).toISOString() } : {}) }
}
