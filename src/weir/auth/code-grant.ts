import { requireCode } from "./challenge.ts"
import type { Grant } from "./grants.ts"
import { redeemed } from "./provider-account.ts"
import { beginSession } from "./sessions.ts"
import { redeemCode } from "./sign-in-code.ts"

/** The code that a sign-in with a provider has led to (RFC 6749, 4.1.3, with PKCE). */
export const authorizationCode: Grant = {
  fields: {
    code: { required: true, max: 200 },
    redirect_uri: { required: true },
    // RFC 7636, 4.1
    code_verifier: { required: true, max: 128 },
  },
  issue: async (c, context, { code = "", redirect_uri = "", code_verifier = "", otp }) => {
    const sent = { code, redirectUri: redirect_uri, verifier: code_verifier }
    const content = await redeemCode(c, context.accounts, sent)
    const account = await redeemed(c, context.accounts, content)
    const { provider: method, identity } = content
    const signedIn = { ...account, method, identity }
    // The provider stands for the password alone.
    const shown = await requireCode(c, context, signedIn, otp)
    return beginSession(c, context, shown ? { ...signedIn, method: `${method} ${shown}` } : signedIn)
  },
}
