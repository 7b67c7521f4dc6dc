import type { Registry } from "../http/registry.ts"
import { reply } from "../http/reply.ts"
import * as z from "../lib/zod.ts"
import { weakSecret } from "../operations/secret.ts"
import { invalid } from "../problem.ts"
import { secretOf } from "../resource/resource.ts"
import { createSchema } from "../resource/schemas.ts"
import type { AuthContext } from "./auth-context.ts"
import { bodyOf, readBody } from "./body.ts"
import { changeByLink, readLink, verifiedNow } from "./by-link.ts"
import { addressOf } from "./link-mark.ts"
import { countedAddress, emailSchema, mailed, mailedDoc, tokenSchema } from "./mail-body.ts"
import { type MailContext, mailAfterwards } from "./mail-context.ts"
import { mailLink } from "./mail-link.ts"
import { mailOfKind } from "./mail-texts.ts"

/** `POST /auth/forgot` and `POST /auth/reset`: a new password by mail. */
export function resetRoutes(registry: Registry, context: AuthContext, mail: MailContext): void {
  const { resource } = context.accounts
  const secret = secretOf(resource)?.secret
  if (!secret) return
  const forgotten = () => z.strictObject({ email: emailSchema(mail) }).openapi("ForgottenPassword")
  registry.add(
    "post",
    "/auth/forgot",
    () => ({
      operationId: "forgetPassword",
      tags: ["auth"],
      summary: "Ask for a new password by mail",
      description:
        "Mails a link to the address, where an account has it. It holds for an hour and replaces the one before.",
      request: bodyOf(forgotten()),
      responses: mailedDoc,
      errors: [413, 415, 422, 429],
    }),
    async (c) => {
      const { email } = await readBody(c, forgotten())
      await c.get("call").caller.count({ kind: "mail", account: countedAddress(email) })
      mailLink(c, context, mail, { purpose: "reset", by: { email } })
      return mailed(c)
    },
  )
  const reset = () =>
    z
      .strictObject({
        token: tokenSchema,
        password: createSchema(resource).shape[secret.as] as z.ZodType<string>,
      })
      .openapi("NewPassword")
  registry.add(
    "post",
    "/auth/reset",
    () => ({
      operationId: "resetPassword",
      tags: ["auth"],
      summary: "Set a new password by the link of a mail",
      description:
        "Uses the link up, ends all sessions of the account, and verifies its address, to which a note is mailed.",
      request: bodyOf(reset()),
      responses: { 204: { description: "The password is set" } },
      errors: [400, 413, 415, 422, 429],
    }),
    async (c) => {
      const { token, password } = await readBody(c, reset())
      const read = await readLink(c, context, mail, token, ["reset"])
      const weak = weakSecret(resource, { [secret.as]: password }, read.account.names)
      if (weak) throw invalid("The body is not valid", [{ ...weak, path: "password" }])
      await changeByLink(c, context, mail, read, { [secret.as]: password, ...verifiedNow(context) })
      mailAfterwards(c, mail, "password_changed", async () => [
        mailOfKind("password_changed", mail.title, addressOf(context.accounts, read.account)),
      ])
      return reply(c, 204, null)
    },
  )
}
