import * as z from "../lib/zod.ts"
import { trustworthyUrl } from "../resource/issuers.ts"

/** A provider that people sign in with. */
export interface ProviderOptions {
  /** Its name in paths, such as `github`. */
  name: string
  /** How it speaks: OpenID Connect, or as GitHub does. Default: `github` for that name, else `openid`. */
  kind?: "openid" | "github" | undefined
  client_id: string
  /** Absent for a public client. */
  client_secret?: string | undefined
  /** How the secret is sent to it: in the header, or in the form. Default: `basic`. */
  client_auth?: "basic" | "post" | undefined
  /**
   * The `iss` of its tokens, and where its endpoints are found. Default: that of Google for `google`. For GitHub: what its
   * accounts are of, `https://github.com` by default.
   */
  issuer?: string | undefined
  authorization_endpoint?: string | undefined
  token_endpoint?: string | undefined
  jwks_uri?: string | undefined
  /** Of GitHub: who has signed in. Its addresses are at `/emails` below. */
  userinfo_endpoint?: string | undefined
  /** Default: `openid email profile`; of GitHub, `read:user user:email`. */
  scopes?: string[] | undefined
  /** Whether who is new gets an account. Default: true. */
  create?: boolean | undefined
}

const text = z.string().min(1).max(500)

const providerOptions: z.ZodType<ProviderOptions> = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9_-]{1,40}$/, "must be of lower-case letters, digits, - and _"),
    kind: z.enum(["openid", "github"], "must be openid or github").optional(),
    client_id: text,
    client_secret: text.optional(),
    client_auth: z.enum(["basic", "post"], "must be basic or post").optional(),
    // As the table of identities has it.
    issuer: trustworthyUrl.max(200).optional(),
    authorization_endpoint: trustworthyUrl.optional(),
    token_endpoint: trustworthyUrl.optional(),
    jwks_uri: trustworthyUrl.optional(),
    userinfo_endpoint: trustworthyUrl.optional(),
    scopes: z.array(text).optional(),
    create: z.boolean().optional(),
  })
  .superRefine(({ name, kind, issuer }, context) => {
    if ((kind ?? name) !== "github" && name !== "google" && issuer === undefined)
      context.addIssue("issuer is required of an OpenID provider")
  })

/** Providers, each with a name of its own. */
export const providerList: z.ZodType<ProviderOptions[]> = z
  .array(providerOptions)
  .superRefine((list, context) => {
    const names = list.map(({ name }) => name)
    const twice = names.find((name, i) => names.indexOf(name) !== i)
    if (twice !== undefined) context.addIssue(`names ${twice} twice`)
  })
