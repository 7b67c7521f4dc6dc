import type { Registry } from "../http/registry.ts"
import { reply } from "../http/reply.ts"
import * as z from "../lib/zod.ts"
import { secretOf } from "../resource/resource.ts"
import type { AuthContext } from "./auth-context.ts"
import { bodyOf, readBody } from "./body.ts"
import { changeByLink, readLink, verifiedNow } from "./by-link.ts"
import { countedAddress, emailSchema, mailed, mailedDoc, signedInKey, tokenSchema } from "./mail-body.ts"
import type { MailContext } from "./mail-context.ts"
import { mailLink } from "./mail-link.ts"
import { requirePassword } from "./require-password.ts"

/** `POST /auth/verification`, `POST /auth/verify` and `POST /auth/email`: addresses are verified, and change. */
export function verificationRoutes(registry: Registry, context: AuthContext, mail: MailContext): void {
  if (context.accounts.verified) verificationRoute(registry, context, mail)
  const body = () => z.strictObject({ token: tokenSchema }).openapi("LinkToken")
  registry.add(
    "post",
    "/auth/verify",
    () => ({
      operationId: "verifyAddress",
      tags: ["auth"],
      summary: "Verify an address by the link of a mail",
      description: "Uses the link up. That of a change of address gives the account its new one.",
      request: bodyOf(body()),
      responses: { 204: { description: "The address is verified" } },
      errors: [400, 409, 413, 415, 422, 429],
    }),
    async (c) => {
      const { token } = await readBody(c, body())
      const read = await readLink(c, context, mail, token, ["verify", "email"])
      const changed = read.link.purpose === "email" ? { [mail.email.name]: read.link.data.email } : {}
      await changeByLink(c, context, mail, read, { ...changed, ...verifiedNow(context) })
      return reply(c, 204, null)
    },
  )
  emailRoute(registry, context, mail)
}

function verificationRoute(registry: Registry, context: AuthContext, mail: MailContext): void {
  const body = () => z.strictObject({ email: emailSchema(mail).optional() }).openapi("Verification")
  registry.add(
    "post",
    "/auth/verification",
    () => ({
      operationId: "askForVerification",
      tags: ["auth"],
      summary: "Ask for the mail that verifies an address",
      description:
        "Mails a link to the address, where an account has it that is not verified; without `email`, to that of the viewer. It holds for an hour and replaces the one before.",
      request: bodyOf(body()),
      responses: mailedDoc,
      security: "optional",
      errors: [401, 403, 413, 415, 422, 429],
    }),
    async (c) => {
      const { email } = await readBody(c, body())
      const by = email === undefined ? { id: signedInKey(c) } : { email }
      const account = email === undefined ? `#${by.id}` : countedAddress(email)
      await c.get("call").caller.count({ kind: "mail", account })
      mailLink(c, context, mail, { purpose: "verify", by, gets: ({ isVerified }) => !isVerified })
      return mailed(c)
    },
  )
}

function emailRoute(registry: Registry, context: AuthContext, mail: MailContext): void {
  const secret = secretOf(context.accounts.resource)?.secret
  if (!secret) return
  const body = () =>
    z
      .strictObject({
        email: emailSchema(mail),
        current_password: z.string().min(1).max(secret.max),
      })
      .openapi("NewAddress")
  registry.add(
    "post",
    "/auth/email",
    () => ({
      operationId: "changeAddress",
      tags: ["auth"],
      summary: "Change one's address",
      description:
        "Mails a link to the new address, and a note to the old one. The address changes with `POST /auth/verify`.",
      request: bodyOf(body()),
      responses: mailedDoc,
      security: "required",
      errors: [401, 403, 413, 415, 422, 429],
    }),
    async (c) => {
      const id = signedInKey(c)
      const { email, current_password } = await readBody(c, body())
      await c.get("call").caller.count({ kind: "mail", account: `#${id}` })
      await requirePassword(c, context.accounts, id, current_password)
      mailLink(c, context, mail, {
        purpose: "email",
        by: { id },
        to: email,
        data: { email },
        note: "email_change",
      })
      return mailed(c)
    },
  )
}
