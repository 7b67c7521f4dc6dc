import { and, inArray, or, type SQL, sql } from "drizzle-orm"
import { matchedRoutes } from "hono/route"
import type { PartRead } from "../cache/stamps.ts"
import type { AppContext } from "../http/context.ts"
import { Problem } from "../problem.ts"
import type { Accounts } from "../resource/accounts.ts"
import { servedPaths } from "../resource/checks.ts"
import type { Key } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { columnName, tableOf } from "../sql/columns.ts"

/** Whether accounts of a role need a second factor. */
export const needsFactor = ({ requireFactor }: Accounts, role: string): boolean =>
  requireFactor.includes(role)

/** The tables of what is a second factor. */
export const factorTables = ({ tables: { factors, passkeys } }: Accounts): Resource[] =>
  [factors, passkeys].filter((one) => one !== undefined)

/** An account has an app that has shown its first code, or a passkey. */
export function hasFactor({ tables: { factors } }: Accounts, table: Resource, account: SQL): SQL {
  const column = (name: string) => columnName(table, name)
  const active = sql` and ${column("kind")} = 'totp' and ${column("confirmed_at")} is not null`
  return sql`exists (select 1 from ${tableOf(table)} where ${column("user_id")} = ${account}${table === factors ? active : sql``})`
}

/**
 * For a look-up of accounts: 1 where the account needs a second factor and has none. Nothing where none needs one. `account`
 * is its key.
 */
export function lacksFactorSql(accounts: Accounts, account: SQL): SQL[] {
  const { role, requireFactor } = accounts
  if (!role || requireFactor.length === 0) return []
  const needs = inArray(role.column, [...requireFactor])
  const lacks = factorTables(accounts).map((table) => sql`not ${hasFactor(accounts, table, account)}`)
  return [sql`case when ${and(needs, ...lacks)} then 1 else 0 end`]
}

/** For a condition: an admin has a second factor, where admins need one. */
export const adminsFactorSql = (accounts: Accounts, account: SQL): SQL | undefined =>
  needsFactor(accounts, accounts.admin)
    ? or(...factorTables(accounts).map((table) => hasFactor(accounts, table, account)))
    : undefined

/** What of the factors such a look-up reads. */
export const factorPart = (accounts: Accounts, account: Key): PartRead[] =>
  accounts.requireFactor.length
    ? factorTables(accounts).map(({ tableName: table }) => ({
        table,
        column: "user_id",
        value: account,
        times: 1,
      }))
    : []

/** What such a look-up has read, of an API that asks for it: what is not said is taken for a lack. */
export const lacksFactor = ({ requireFactor }: Accounts, read: unknown): boolean =>
  requireFactor.length > 0 && Number(read ?? 1) !== 0

/** The routes by which one gets a second factor, and signs in and out. */
const open = ["factors", "recovery-codes", "passkeys", "passkey-options", "token", "revoke"]

/** Throws a 403 for who must set up a second factor, on all routes but those that serve this, and look at no viewer. */
export function refuseWithoutFactor(c: AppContext): void {
  if (!c.get("call").viewer.lacksFactor) return
  const isOpen = matchedRoutes(c).some(({ path }) => {
    const [, first = "", second = ""] = path.split("/")
    return first === "auth" ? open.includes(second) : servedPaths.includes(first)
  })
  if (!isOpen)
    throw new Problem(
      "second_factor_required",
      "Your role needs a second factor: set one up, by POST /auth/factors or as a passkey, then go on",
    )
}
