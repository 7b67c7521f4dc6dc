import { providerList } from "../auth/provider-options.ts"
import * as z from "../lib/zod.ts"
import { issuerList, isTrustworthy } from "../resource/issuers.ts"
import { commaSeparated } from "./setting-types.ts"

/** JSON of a schema. A message names the place within it, and no value: some are secrets. */
function json<T>(schema: z.ZodType<T>, read: (text: string) => unknown) {
  return z.string().transform((text, context): T => {
    const result = schema.safeParse(read(text))
    if (result.success) return result.data
    const [issue] = result.error.issues
    context.addIssue([issue?.path.join("."), issue?.message].filter(Boolean).join(": "))
    return z.NEVER
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `https://issuer|audience`, as many as there are. */
const shortForm = (text: string): unknown =>
  text
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((part) => {
      const [issuer, ...audience] = part.split("|")
      return { issuer, audience: audience.length === 1 ? audience[0] : audience }
    })

/** Other issuers, whose tokens are accepted. */
const issuersSetting = json(issuerList, (text) =>
  text.trim().startsWith("[") ? parsed(text) : shortForm(text),
)

/** Providers that people sign in with. */
const providersSetting = json(providerList, parsed)

/** Where a sign-in may lead: URLs, to the letter, also of apps (`com.example.app:/done`). */
const redirectsSetting = commaSeparated.pipe(
  z.array(
    z
      .string()
      .refine(isRedirect, "must hold URLs without a fragment: https, an app's own, or http on localhost"),
  ),
)

function isRedirect(text: string): boolean {
  if (!URL.canParse(text) || text.includes("#")) return false
  const { protocol } = new URL(text)
  // Schemes of apps have a dot (RFC 8252, 7.1), which those that browsers run do not.
  return isTrustworthy(text) || /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/.test(protocol)
}

/** Where clients reach the API: an origin. */
const originSetting = z
  .string()
  .refine(
    (text) => isTrustworthy(text) && new URL(text).origin === text,
    "must be an origin such as https://api.example.com",
  )

/** The settings of other issuers, and of providers that people sign in with. */
export const authSettings = {
  AUTH_ISSUERS: issuersSetting.optional(),
  AUTH_PROVIDERS: providersSetting.optional(),
  AUTH_REDIRECTS: redirectsSetting.default([]),
  PUBLIC_URL: originSetting.optional(),
  PASSKEY_ORIGINS: commaSeparated.pipe(z.array(originSetting)).default([]),
  PASSKEY_DOMAIN: z
    .string()
    .max(253)
    .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/, "must be a domain such as example.com")
    .optional(),
}
