import { and, sql } from "drizzle-orm"
import type { AppContext } from "../http/context.ts"
import { invalid } from "../problem.ts"
import type { Accounts } from "../resource/accounts.ts"
import type { Key } from "../resource/key.ts"
import type { Field } from "../resource/resource.ts"
import { bound, compile, planOf, withValues } from "../sql/plan.ts"
import { accountKey } from "./accounts.ts"
import { verifyPassword } from "./password.ts"
import { isUsable } from "./usable.ts"

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
  const { resource, login, password: field } = accounts
  const plan = planOf(resource, "own:password", () => ({
    ...compile(
      sql`select ${field.column}, ${(login[0] as Field).column} from ${resource.table} where ${and(sql`${accountKey(resource).column} = ${bound("id")}`, isUsable(accounts))}`,
    ),
    bounded: true,
  }))
  const { caller, client } = c.get("call")
  await caller.count({ kind: "secret", account: `#${account}` })
  const [row] = await client().query(withValues(plan, { id: account }, true))
  const verify = field.secret?.verify ?? verifyPassword
  if (row && (await verify(password, String(row[0]), caller))) return String(row[1])
  throw invalid("The body is not valid", [
    { path: "current_password", message: "is not the present one", code: "wrong_secret" },
  ])
}
