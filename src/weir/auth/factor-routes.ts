import type { Registry } from "../http/registry.ts"
import * as z from "../lib/zod.ts"
import type { Resource } from "../resource/resource.ts"
import type { AuthContext } from "./auth-context.ts"
import { confirmFactor, listFactors, newFactor, removeFactor, renewRecoveryCodes } from "./factors.ts"
import { type OwnRoute, ownRoute, withCode, withEither, withPassword } from "./own-route.ts"

const time = z.string().openapi({ format: "date-time" })
const none = z.string().nullable().openapi({ format: "date-time" })
const listed = z
  .object({
    factors: z.array(
      z.object({
        id: z.int(),
        kind: z.literal("totp"),
        created_at: time,
        confirmed_at: none.openapi({ description: "Null before its first code: it is not asked for" }),
        last_used_at: none,
      }),
    ),
    recovery_codes: z.int().openapi({ description: "How many are left" }),
  })
  .openapi("Factors")
const begun = z
  .object({
    id: z.int(),
    secret: z.string().openapi({ description: "In base32, for who cannot scan" }),
    otpauth_uri: z.string().openapi({ description: "For a QR code" }),
  })
  .openapi("NewFactor", {
    example: {
      id: 1,
      secret: "JBSWY3DPEHPK3PXP",
      otpauth_uri: "otpauth://totp/API:ann?secret=JBSWY3DPEHPK3PXP",
    },
  })
const codes = z
  .object({
    recovery_codes: z
      .array(z.string())
      .openapi({ description: "For who has lost the app, each for one use: they are shown this once" }),
  })
  .openapi("RecoveryCodes", { example: { recovery_codes: ["k5rq-7mz2-ap3x-wd6c"] } })

/** The routes of second factors: each is of the viewer's own. Keys, and who acts as another, have none of them. */
export function factorRoutes(registry: Registry, context: AuthContext, factors: Resource): void {
  const add = <Body>(route: Omit<OwnRoute<Body>, "what">) =>
    ownRoute(registry, { ...route, what: "have second factors" })
  add({
    method: "get",
    path: "/auth/factors",
    operationId: "listFactors",
    summary: "List your second factors",
    description: "The authenticator apps of the viewer, and how many recovery codes are left.",
    status: 200,
    answer: listed,
    handle: (c, account) => listFactors(c, factors, account),
  })
  add({
    method: "post",
    path: "/auth/factors",
    operationId: "createFactor",
    summary: "Begin to set up an authenticator app",
    description:
      "Makes a secret for an authenticator app (RFC 6238), which is shown this once. It is asked for at sign-in from the moment that its first code confirms it.",
    body: withPassword,
    status: 201,
    answer: begun,
    handle: (c, account, { current_password }) => newFactor(c, context, factors, account, current_password),
  })
  add({
    method: "post",
    path: "/auth/factors/{id}/confirm",
    operationId: "confirmFactor",
    summary: "Confirm an authenticator app by its first code",
    description: "From now on, signing in asks for a code. The first app comes with recovery codes.",
    body: withCode,
    status: 200,
    error: 409,
    answer: codes,
    handle: (c, account, { code }) => confirmFactor(c, context, factors, account, code),
  })
  add({
    method: "delete",
    path: "/auth/factors/{id}",
    operationId: "deleteFactor",
    summary: "Remove an authenticator app",
    description: "By the present password, or by a code. With the last app, the recovery codes go.",
    body: withEither,
    status: 204,
    handle: (c, account, proof) => removeFactor(c, context, factors, account, proof),
  })
  add({
    method: "post",
    path: "/auth/recovery-codes",
    operationId: "createRecoveryCodes",
    summary: "Make new recovery codes",
    description: "The ones before hold no more.",
    body: withPassword,
    status: 200,
    error: 409,
    answer: codes,
    handle: (c, account, { current_password }) =>
      renewRecoveryCodes(c, context, factors, account, current_password),
  })
}
