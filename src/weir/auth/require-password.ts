import type { AppContext } from "../http/context.ts"
import { invalid } from "../problem.ts"
import type { Accounts } from "../resource/accounts.ts"
import type { Key } from "../resource/key.ts"
import { findByKey } from "./accounts.ts"
import { verifyPassword } from "./password.ts"

/**
 * Throws a 422 where it is not the account's present password; else the name that the account signs in with. Counts as an
 * attempt at it.
 */
export async function requirePassword(
  c: AppContext,
  accounts: Accounts,
  account: Key,
  password: string,
): Promise<string> {
  const { caller, client } = c.get("call")
  await caller.count({ kind: "secret", account: `#${account}` })
  const found = await findByKey(accounts, client(), account)
  const verify = accounts.password.secret?.verify ?? verifyPassword
  if (found?.isUsable && (await verify(password, found.hashedPassword, caller)))
    return found.names[0] as string
  throw invalid("The body is not valid", [
    { path: "current_password", message: "is not the present one", code: "wrong_secret" },
  ])
}
