import { and, eq, or, type SQL, sql } from "drizzle-orm"
import type { Client, Row } from "../db/driver.ts"
import { normalized } from "../fields/text.ts"
import { foldedUsername } from "../lib/identifiers.ts"
import type { Accounts } from "../resource/accounts.ts"
import { type Key, keyFields, parseKey } from "../resource/key.ts"
import type { Field, Resource } from "../resource/resource.ts"
import { bound, compile, type Plan, withValues } from "../sql/plan.ts"
import type { KeyOf } from "./token.ts"
import { isUsable } from "./usable.ts"

/** What signing in needs to know of an account. */
export interface Account {
  id: Key
  hashedPassword: string
  /** Whether its address is verified; true where that is not asked for. */
  isVerified: boolean
}

const plans = new WeakMap<Accounts, Plan>()

/** The statement that finds the accounts which a name may mean: key, password, then each login column. */
function planFor(accounts: Accounts): Plan {
  const plan = plans.get(accounts) ?? compileFind(accounts)
  plans.set(accounts, plan)
  return plan
}

function compileFind(accounts: Accounts): Plan {
  const { resource, login, password } = accounts
  const columns = [accountKey(resource), password, ...login].map(({ column }) => sql`${column}`)
  if (accounts.confirm && accounts.verified)
    columns.push(sql`case when ${accounts.verified.column} is null then 0 else 1 end`)
  const matches = login.flatMap((field) => [
    matching(field, bound(field.name)),
    ...(field.spec.format === "email" ? [eq(field.column, sql`${bound(asTyped(field))}`)] : []),
  ])
  const find = compile(
    sql`select ${sql.join(columns, sql`, `)} from ${resource.table} where ${and(or(...matches), isUsable(accounts))}`,
  )
  // Login columns are unique.
  return { ...find, bounded: true }
}

/** The key of an account: of one column, as `accountsOf` has checked. */
export const accountKey = ({ fields, keys }: Resource): Field => fields[keys[0] as string] as Field

/** Reads an account's key from the text of a token. */
export const keyFrom =
  ({ resource }: Accounts): KeyOf =>
  (subject) => {
    const key = parseKey(keyFields(resource), [subject])
    return typeof key === "string" || typeof key === "number" ? key : undefined
  }

/** The condition that a login column holds a name, in whatever case where it holds user names. */
export const matching = ({ spec, column }: Field, name: SQL): SQL =>
  spec.format === "username" ? sql`lower(${column}) = lower(${name})` : eq(column, sql`${name}`)

/** The parameter with a name as emails were stored before they had one spelling. */
const asTyped = ({ name }: Field): string => `${name} as typed`

/** A name as it is compared with each of the login columns. */
const namesOf = ({ login }: Accounts, name: string): Record<string, string> =>
  Object.fromEntries(
    login.flatMap((field) => {
      const spelled = normalized(field.spec, name)
      const typed = field.spec.format === "email" ? name.trim().toLowerCase() : spelled
      return [
        [field.name, spelled],
        [asTyped(field), typed],
      ]
    }),
  )

/** What a name is counted as. In lower case: a login column may or may not tell cases apart. */
export const countedName = (accounts: Accounts, name: string): string =>
  [...new Set(accounts.login.map(({ spec }) => normalized(spec, name).toLowerCase()))].join(" ")

/**
 * The account that a name means. Where it fits several, the first of the login columns decides, and in one column the
 * value that is spelled alike.
 */
export async function findAccount(
  accounts: Accounts,
  client: Client,
  name: string,
): Promise<Account | undefined> {
  const { login } = accounts
  const names = namesOf(accounts, name)
  const rows = await client.query(withValues(planFor(accounts), names))
  for (const [i, field] of login.entries()) {
    const stored = (row: Row): string => String(row[2 + i])
    const folded = foldedUsername(names[field.name] as string)
    const row =
      rows.find((row) => stored(row) === names[field.name]) ??
      rows.find((row) => stored(row) === names[asTyped(field)]) ??
      (field.spec.format === "username"
        ? rows.find((row) => foldedUsername(stored(row)) === folded)
        : undefined)
    if (row) {
      const isVerified = !accounts.confirm || Number(row[2 + login.length]) === 1
      return { id: row[0] as Key, hashedPassword: String(row[1]), isVerified }
    }
  }
  return undefined
}
