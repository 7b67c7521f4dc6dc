import type { AppContext } from "../http/context.ts"
import { reply } from "../http/reply.ts"
import * as z from "../lib/zod.ts"
import { requireHolds } from "../operations/access.ts"
import type { Key } from "../resource/key.ts"
import { signedIn } from "../resource/rules.ts"
import { requireInPerson } from "./in-person.ts"
import type { MailContext } from "./mail-context.ts"

/** The token of a link. */
export const tokenSchema = z.string().min(1).max(200).openapi({ example: "0v3Zk..." })

/** An address as a sign-up takes it. */
export const emailSchema = ({ email }: MailContext): z.ZodType<string> =>
  email.type.input() as z.ZodType<string>

/** What is counted as an account, by its address. */
export const countedAddress = (email: string): string => email.trim().toLowerCase()

/** The key of who has signed in. Throws a 401 for others, and a 403 for API keys and who acts as another. */
export function signedInKey(c: AppContext): Key {
  const call = c.get("call")
  requireHolds(call, signedIn)
  requireInPerson(call.viewer, "do this")
  return call.viewer.id as Key
}

const message = "If the address can get this mail, it is on its way"

/** The answer where mail may be on its way: always the same one. */
export const mailed = (c: AppContext): Response =>
  reply(c, 202, JSON.stringify({ message }), { "cache-control": "no-store" })

/** The same in the document. */
export const mailedDoc = {
  202: {
    description: "The answer is the same whether there is such an account or not",
    content: {
      "application/json": {
        schema: z.object({ message: z.string().openapi({ example: message }) }).openapi("Mailed"),
      },
    },
  },
}
