import type { Registry } from "../http/registry.ts"
import { reply } from "../http/reply.ts"
import * as z from "../lib/zod.ts"
import type { Resource } from "../resource/resource.ts"
import type { AuthContext } from "./auth-context.ts"
import type { Proof } from "./factors.ts"
import { type OwnRoute, ownRoute, withEither, withPassword } from "./own-route.ts"
import { registrationResponse } from "./passkey-response.ts"
import {
  addPasskey,
  listPasskeys,
  registrationOptions,
  removePasskey,
  renamePasskey,
  signInOptions,
} from "./passkeys.ts"

const name = z.string().trim().min(1).max(100).openapi({ example: "Laptop" })
const renaming = z.strictObject({ name }).openapi("RenamePasskey")
const adding = z.strictObject({ name, response: registrationResponse }).openapi("AddPasskey")

const time = z.string().openapi({ format: "date-time" })
const passkey = z
  .object({
    id: z.int(),
    name: z.string(),
    transports: z.array(z.string()),
    backed_up: z.boolean().openapi({ description: "Whether it outlives its device" }),
    created_at: time,
    last_used_at: time.nullable(),
  })
  .openapi("Passkey", {
    example: {
      id: 1,
      name: "Laptop",
      transports: ["internal", "hybrid"],
      backed_up: true,
      created_at: "2026-01-31T12:00:00.000Z",
      last_used_at: null,
    },
  })
const listed = z.object({ passkeys: z.array(passkey) }).openapi("Passkeys")

const options = (parser: string) => ({ description: `For \`PublicKeyCredential.${parser}()\`` })
const creation = z
  .object({
    options: z.looseObject({ challenge: z.string() }).openapi(options("parseCreationOptionsFromJSON")),
  })
  .openapi("PasskeyCreationOptions")
const request = z
  .object({ challenge: z.string(), timeout: z.int(), rpId: z.string(), userVerification: z.string() })
  .openapi("PasskeyRequestOptions", options("parseRequestOptionsFromJSON"))

/** The routes of passkeys: each is of the viewer's own, but for what begins a sign-in. */
export function passkeyRoutes(registry: Registry, context: AuthContext, passkeys: Resource): void {
  signInOptionsRoute(registry, context)
  const proof: z.ZodType<Proof> = context.accounts.tables.factors ? withEither : withPassword
  const add = <Body>(route: Omit<OwnRoute<Body>, "what">) =>
    ownRoute(registry, { ...route, what: "have passkeys" })
  add({
    method: "get",
    path: "/auth/passkeys",
    operationId: "listPasskeys",
    summary: "List your passkeys",
    description: "The passkeys of the viewer, oldest first.",
    status: 200,
    answer: listed,
    handle: (c, account) => listPasskeys(c, passkeys, account),
  })
  add({
    method: "post",
    path: "/auth/passkeys/options",
    operationId: "createPasskeyOptions",
    summary: "Begin to add a passkey",
    description:
      "By the present password, or by a code. The answer is for the browser, which makes a passkey with it; that is sent within five minutes.",
    body: proof,
    status: 200,
    answer: creation,
    handle: (c, account, given) => registrationOptions(c, context, passkeys, account, given),
  })
  add({
    method: "post",
    path: "/auth/passkeys",
    operationId: "createPasskey",
    summary: "Add a passkey",
    description: "The passkey that the browser has made. From now on, it signs in.",
    body: adding,
    status: 201,
    error: 409,
    answer: passkey,
    handle: (c, account, given) => addPasskey(c, context, passkeys, account, given),
  })
  add({
    method: "patch",
    path: "/auth/passkeys/{id}",
    operationId: "updatePasskey",
    summary: "Rename a passkey",
    description: "Its name is for its owner alone.",
    body: renaming,
    status: 200,
    answer: passkey,
    handle: (c, account, given) => renamePasskey(c, passkeys, account, given.name),
  })
  add({
    method: "delete",
    path: "/auth/passkeys/{id}",
    operationId: "deletePasskey",
    summary: "Remove a passkey",
    description: "By the present password, or by a code. It signs nobody in any more.",
    body: proof,
    status: 204,
    handle: (c, account, given) => removePasskey(c, context, passkeys, account, given),
  })
}

function signInOptionsRoute(registry: Registry, context: AuthContext): void {
  registry.add(
    "post",
    "/auth/passkey-options",
    () => ({
      operationId: "createSignInOptions",
      tags: ["auth"],
      summary: "Begin to sign in with a passkey",
      description:
        "The answer is for the browser. What it gives goes to `POST /auth/token`, as `credential`, within five minutes. It counts as an attempt to sign in.",
      request: {},
      responses: {
        200: { description: "The options", content: { "application/json": { schema: request } } },
      },
      errors: [429],
    }),
    async (c) => {
      await c.get("call").caller.count({ kind: "passkey" })
      const body = JSON.stringify(signInOptions(c, context))
      return reply(c, 200, body, { "cache-control": "no-store" })
    },
  )
}
