import * as z from "../lib/zod.ts"

/** The algorithms of signatures that are checked with a public key: one with a shared secret proves no issuer. */
export const asymmetric = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
]

/** Another issuer whose access tokens are accepted. */
export interface IssuerOptions {
  /** The `iss` of its tokens, to the letter: an https URL. */
  issuer: string
  /** What the `aud` of its tokens must name, one of several. */
  audience: string | string[]
  /** Where its keys are. Default: where `<issuer>/.well-known/openid-configuration` says. */
  jwks?: string | undefined
  /** The algorithms of its signatures. Default: every one with a public key. */
  algorithms?: string[] | undefined
  /** Whether an account is made for a subject that is seen for the first time. Default: false. */
  create?: boolean | undefined
  /** The claim with the roles, such as `realm_access.roles`. Default: the role is that of the account. */
  roles?: string | undefined
  /**
   * The claim with the scopes, which narrow what the token is good for; a token without it may do nothing. Default:
   * `scope` or `scp`, where it holds more than the scopes of OpenID Connect. `false`: tokens have no scopes of this API.
   */
  scopes?: string | false | undefined
  /** The claim with the address, which counts where `email_verified` is true. Default: `email`. */
  email?: string | undefined
}

/** Whether a URL may be asked: by https, or on one's own machine. */
export function isTrustworthy(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, username, password } = new URL(text)
  const isOwn = ["localhost", "127.0.0.1", "[::1]"].includes(hostname)
  return !username && !password && (protocol === "https:" || (protocol === "http:" && isOwn))
}

/** A URL that may be asked. */
export const trustworthyUrl = z
  .string()
  .refine(isTrustworthy, "must be an https URL (http on localhost alone)")

const claim = z.string().min(1).max(200)
const audience = z.string().min(1).max(500)

const issuer = trustworthyUrl
  // As the table of identities has it.
  .max(200)
  .refine((text) => !/[?#]/.test(text), "must have neither query nor fragment")

const issuerOptions: z.ZodType<IssuerOptions> = z.strictObject({
  issuer,
  audience: z.union([audience, z.array(audience).min(1)], "must be a text, or a list of some"),
  jwks: trustworthyUrl.optional(),
  algorithms: z
    .array(z.enum(asymmetric, `must be of ${asymmetric.join(", ")}`))
    .min(1)
    .optional(),
  create: z.boolean().optional(),
  roles: claim.optional(),
  scopes: z.union([claim, z.literal(false)], "must be the name of a claim, or false").optional(),
  email: claim.optional(),
})

/** Issuers, each with a name of its own. */
export const issuerList: z.ZodType<IssuerOptions[]> = z.array(issuerOptions).superRefine((list, context) => {
  const names = list.map((one) => one.issuer)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) context.addIssue(`names ${twice} twice`)
})

/** Checks issuers that a team has written down. Throws one line that names what is wrong. */
export function checkIssuers(list: readonly IssuerOptions[], where: string): IssuerOptions[] {
  const result = issuerList.safeParse(list)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new Error([where, ...(issue?.path ?? [])].join(".").concat(`: ${issue?.message}`))
}
