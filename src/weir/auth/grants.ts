import type { AppContext } from "../http/context.ts"
import { Problem } from "../problem.ts"
import { countedName, findAccount } from "./accounts.ts"
import type { AuthContext } from "./auth-context.ts"
import { answerChallenge, requireCode } from "./challenge.ts"
import { authorizationCode } from "./code-grant.ts"
import { passkeyServerOf } from "./passkey-server.ts"
import { decoyHash, verifyPassword } from "./password.ts"
import { refresh } from "./refresh.ts"
import { beginSession, type TokenAnswer } from "./sessions.ts"
import type { FormFields } from "./token-form.ts"

/** What the log line of an attempt to sign in has of it. */
export interface Attempt extends Record<string, unknown> {
  client: string | undefined
  /** The mark of the account's name, where there is one. */
  account?: string
  /** `ok`, the code of the problem, or `unfinished` where the time was up before. */
  sign_in: string
}

/** A way to get tokens: `grant_type` of RFC 6749. */
export interface Grant {
  fields: FormFields
  issue(
    c: AppContext,
    context: AuthContext,
    values: Record<string, string>,
    attempt: Attempt,
  ): Promise<TokenAnswer>
}

const maxName = 254
const maxPassword = 200

/** A user name and a password (RFC 6749, 4.3). */
const password: Grant = {
  fields: { username: { required: true, max: maxName }, password: { required: true, max: maxPassword } },
  issue: async (c, context, { username = "", password = "", otp }, attempt) => {
    const { accounts, tokens } = context
    attempt.account = tokens.nameMark(username)
    const { caller, client } = c.get("call")
    await caller.count({ kind: "sign_in", account: countedName(accounts, username) })
    const account = username.includes("\0") ? undefined : await findAccount(accounts, client(), username)
    // An unknown user costs what a known one does, and looks the same.
    const good = await verifyPassword(password, account?.hashedPassword ?? decoyHash, caller)
    if (!account || !good) throw new Problem("wrong_credentials", "The username or the password is wrong")
    if (accounts.confirm && !account.isVerified)
      throw new Problem("unverified", "Verify your address first, by the link that was mailed to it")
    const shown = await requireCode(c, context, { ...account, method: "password" }, otp)
    return beginSession(c, context, { ...account, method: shown ? `password ${shown}` : "password" })
  },
}

const refreshToken: Grant = {
  fields: { refresh_token: { required: true, max: 200 } },
  issue: (c, context, { refresh_token = "" }) => refresh(c, context, refresh_token),
}

const maxOtp = 50

/** A grant that takes a code of the second factor as well. */
const withCode = (grant: Grant): Grant => ({ ...grant, fields: { ...grant.fields, otp: { max: maxOtp } } })

/** The code of a second factor, for the challenge that a right password has got. */
const code: Grant = {
  fields: { challenge: { required: true, max: 100 }, otp: { required: true, max: maxOtp } },
  issue: async (c, context, { challenge = "", otp = "" }) => {
    const { shown, ...account } = await answerChallenge(c, context, challenge, otp)
    return beginSession(c, context, { ...account, method: `${account.method} ${shown}` })
  },
}
export const codeGrant = "urn:weir:params:oauth:grant-type:otp"

/** The grants that an API's accounts have, by their names. */
export function grantsOf({ accounts, signIn }: AuthContext): Record<string, Grant> {
  const { sessions, factors } = accounts.tables
  return {
    password: factors ? withCode(password) : password,
    ...(sessions ? { refresh_token: refreshToken } : {}),
    ...(factors ? { [codeGrant]: code } : {}),
    ...(signIn ? { authorization_code: factors ? withCode(authorizationCode) : authorizationCode } : {}),
    ...passkeyServerOf(accounts)?.grants,
  }
}
