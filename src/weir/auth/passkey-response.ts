import type { AppContext } from "../http/context.ts"
import * as z from "../lib/zod.ts"
import type { AuthContext } from "./auth-context.ts"
import { type Challenged, isChallenge } from "./passkey-challenge.ts"
import { siteFor } from "./passkey-site.ts"
import type { Expected } from "./webauthn.ts"

const base64url = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[\w-]+$/, "must be base64url")
const credential = <T extends z.ZodRawShape>(response: T) =>
  z.object({
    id: base64url(1364),
    rawId: base64url(1364),
    type: z.literal("public-key"),
    response: z.object({ clientDataJSON: base64url(5000), ...response }),
  })
const json = (method: string) => ({
  description: `What \`navigator.credentials.${method}()\` gave, as its \`toJSON()\``,
})

/** What `navigator.credentials.create()` gives (WebAuthn 3, 5.1.8), as far as it is looked at. */
export const registrationResponse = credential({
  attestationObject: base64url(20_000),
  transports: z.array(z.string().max(100)).max(20).optional(),
}).openapi("PasskeyRegistration", json("create"))

/** What `navigator.credentials.get()` gives. */
export const authenticationResponse = credential({
  authenticatorData: base64url(5000),
  signature: base64url(2000),
  userHandle: base64url(200).nullish(),
})

const clientData = z.object({
  challenge: z.string(),
  origin: z.string(),
  crossOrigin: z.boolean().optional(),
})

/** What a browser says of where it was asked, and for what; undefined where it is not of that form. */
function clientDataOf(text: string) {
  try {
    return clientData.parse(JSON.parse(Buffer.from(text, "base64url").toString()))
  } catch {
    return undefined
  }
}

/** What a response is held to; why it is not looked at further, where its challenge or its page is another's. */
export function expectedOf(
  c: AppContext,
  context: AuthContext,
  { clientDataJSON }: { clientDataJSON: string },
  challenged: Challenged,
): Expected | string {
  const client = clientDataOf(clientDataJSON)
  if (!client) return "its clientDataJSON is none"
  const { challenge, origin, crossOrigin } = client
  if (!isChallenge(context.secrets, challenge, challenged))
    return "its challenge is too old, or was made for something else: ask for new options"
  const site = siteFor(c, context)
  // A frame in another site's page could have it shown where nobody expects it.
  if (crossOrigin || !site.origins.includes(origin))
    return "it was made by a page that may not use passkeys here: PASSKEY_ORIGINS names those that may"
  return { ...site, challenge }
}
