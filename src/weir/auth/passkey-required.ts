import { and, inArray, sql } from "drizzle-orm"
import type { Client } from "../db/driver.ts"
import { Problem } from "../problem.ts"
import type { Accounts } from "../resource/accounts.ts"
import type { Key } from "../resource/key.ts"
import { bound, compile, planOf, withValues } from "../sql/plan.ts"
import { accountKey } from "./accounts.ts"
import { hasFactor } from "./required-factor.ts"

/**
 * Throws a 400 for who needs a second factor and has a passkey alone: that is both, and the password, or a provider's
 * word, is one.
 */
export async function requirePasskey(client: Client, accounts: Accounts, account: Key): Promise<void> {
  const { resource, role, requireFactor, tables } = accounts
  const { passkeys } = tables
  if (!passkeys || !role || requireFactor.length === 0) return
  const plan = planOf(resource, `own:needs passkey:${requireFactor}`, () => {
    const key = sql`${accountKey(resource).column} = ${bound("account")}`
    const needs = inArray(role.column, [...requireFactor])
    const has = hasFactor(accounts, passkeys, bound("account"))
    return {
      ...compile(sql`select 1 from ${resource.table} where ${and(key, needs, has)}`),
      bounded: true,
    }
  })
  const [row] = await client.query(withValues(plan, { account }, true))
  if (row) throw new Problem("second_factor_required", "Sign in with your passkey", { status: 400 })
}
