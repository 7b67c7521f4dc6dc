import { eq, or, sql } from "drizzle-orm"
import type { Client } from "../db/driver.ts"
import { normalized } from "../fields/text.ts"
import type { Accounts } from "../resource/accounts.ts"
import type { Key } from "../resource/key.ts"
import { bound, compile, type Plan, withValues } from "../sql/plan.ts"

/** What signing in needs to know of an account. */
export interface Account {
  id: Key
  hashedPassword: string
}

const plans = new WeakMap<Accounts, Plan>()

/** The statement that finds the accounts which a name may mean: key, password, then each login column. */
function planFor(accounts: Accounts): Plan {
  const plan = plans.get(accounts) ?? compileFind(accounts)
  plans.set(accounts, plan)
  return plan
}

function compileFind({ resource, login, password }: Accounts): Plan {
  const columns = [resource.fields[resource.key] ?? password, password, ...login].map(
    ({ column }) => sql`${column}`,
  )
  const matches = login.map(({ name, column }) => eq(column, sql`${bound(name)}`))
  const find = compile(
    sql`select ${sql.join(columns, sql`, `)} from ${resource.table} where ${or(...matches)}`,
  )
  // Login columns are unique.
  return { ...find, bounded: true }
}

/** A name as it is compared with each of the login columns. */
const namesOf = ({ login }: Accounts, name: string): Record<string, string> =>
  Object.fromEntries(login.map((field) => [field.name, normalized(field.spec, name)]))

/** What a name is counted as. In lower case: a login column may or may not tell cases apart. */
export const countedName = (accounts: Accounts, name: string): string =>
  [...new Set(Object.values(namesOf(accounts, name)).map((text) => text.toLowerCase()))].join(" ")

/** The account that a name means. Where it fits several, the first of the login columns decides. */
export async function findAccount(
  accounts: Accounts,
  client: Client,
  name: string,
): Promise<Account | undefined> {
  const { login } = accounts
  const names = namesOf(accounts, name)
  const rows = await client.query(withValues(planFor(accounts), names))
  for (const [i, field] of login.entries()) {
    const row = rows.find((columns) => columns[2 + i] === names[field.name])
    if (row) return { id: row[0] as Key, hashedPassword: String(row[1]) }
  }
  return undefined
}
