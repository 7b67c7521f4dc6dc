import type { AppContext } from "../http/context.ts"
import type { Registry } from "../http/registry.ts"
import { reply } from "../http/reply.ts"
import * as z from "../lib/zod.ts"
import { linkTo } from "../mail/links.ts"
import { requireHolds } from "../operations/access.ts"
import { admin } from "../resource/rules.ts"
import { acceptInvitation } from "./accept.ts"
import { audited } from "./audit.ts"
import type { AuthContext } from "./auth-context.ts"
import { bodyOf, readBody } from "./body.ts"
import { inviting, newLinkToken, storeLink } from "./links.ts"
import { countedAddress, emailSchema, mailed, mailedDoc, signedInKey, tokenSchema } from "./mail-body.ts"
import { type MailContext, mailAfterwards } from "./mail-context.ts"
import { mailOfKind } from "./mail-texts.ts"

const daySeconds = 86_400
const defaultDays = 7

/** `POST /auth/invitations` and `POST /auth/invitations/accept`. */
export function invitationRoutes(registry: Registry, context: AuthContext, mail: MailContext): void {
  const { accounts } = context
  const { role } = accounts
  const body = () =>
    z
      .strictObject({
        email: emailSchema(mail),
        ...(role ? { role: (role.type.input() as z.ZodType<string>).optional() } : {}),
      })
      .openapi("Invitation")
  registry.add(
    "post",
    "/auth/invitations",
    () => ({
      operationId: "invite",
      tags: ["auth"],
      summary: "Invite somebody",
      description: "Mails a link by which an account of that address is made. It replaces the one before.",
      request: bodyOf(body()),
      responses: mailedDoc,
      security: "required",
      errors: [401, 403, 413, 415, 422, 429],
    }),
    async (c) => {
      const call = c.get("call")
      const by = signedInKey(c)
      requireHolds(call, admin)
      const value = (await readBody(c, body())) as { email: string; role?: string }
      await call.caller.count({ kind: "mail", account: countedAddress(value.email) })
      await invite(c, context, mail, { ...value, by })
      return mailed(c)
    },
  )
  const accepted = () =>
    z
      .looseObject({ token: tokenSchema })
      .openapi("AcceptedInvitation", { description: "The token, and what a sign-up takes but the address" })
  registry.add(
    "post",
    "/auth/invitations/accept",
    () => ({
      operationId: "acceptInvitation",
      tags: ["auth"],
      summary: "Make the account that one is invited to",
      description: "Takes what a sign-up takes, but for the address, which is verified by the link.",
      request: bodyOf(accepted()),
      responses: {
        201: {
          description: "The account",
          headers: z.object({ location: z.string().openapi({ description: "The account's path" }) }),
          content: { "application/json": { schema: z.looseObject({}) } },
        },
      },
      errors: [400, 403, 409, 413, 415, 422, 429],
    }),
    async (c) => {
      const { token, ...input } = await readBody(c, accepted())
      const { key, body: account } = await acceptInvitation(c, context, mail, token, input)
      const location = `${c.get("basePath")}/${accounts.resource.name}/${key}`
      return reply(c, 201, account, { location, "cache-control": "no-store" })
    },
  )
}

interface Invitation {
  email: string
  role?: string | undefined
  by: string | number
}

/** Stores an invitation, and mails its link after the answer. */
async function invite(
  c: AppContext,
  context: AuthContext,
  mail: MailContext,
  { email, role, by }: Invitation,
): Promise<void> {
  const { accounts, settings } = context
  const { viewer, client } = c.get("call")
  const { text, hash } = newLinkToken()
  const seconds = (settings.invitationDays ?? defaultDays) * daySeconds
  const data = { email, by, ...(role === undefined ? {} : { role }) }
  const stored = storeLink(mail.tokens, { hash, purpose: inviting(email), account: undefined, data, seconds })
  const told = audited(c, accounts, {
    event: "invited",
    actor: viewer.actor ?? by,
    details: { email, ...(role === undefined ? {} : { role }) },
  })
  await client().batch([...stored, ...told])
  const link = linkTo(mail.appUrl, mail.links.invite, text)
  mailAfterwards(c, mail, "invite", async () => [mailOfKind("invite", mail.title, email, link)])
}
