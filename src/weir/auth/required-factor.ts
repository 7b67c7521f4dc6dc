import { and, inArray, type SQL, sql } from "drizzle-orm"
import { matchedRoutes } from "hono/route"
import type { PartRead } from "../cache/stamps.ts"
import type { AppContext } from "../http/context.ts"
import { Problem } from "../problem.ts"
import type { Accounts } from "../resource/accounts.ts"
import { servedPaths } from "../resource/checks.ts"
import type { Key } from "../resource/key.ts"
import { columnName, tableOf } from "../sql/columns.ts"

/** Whether accounts of a role need a second factor. */
export const needsFactor = ({ requireFactor }: Accounts, role: string): boolean =>
  requireFactor.includes(role)

/**
 * For a look-up of accounts: 1 where the account needs a second factor and has none. Nothing where none needs one. `account`
 * is its key.
 */
export function lacksFactorSql(accounts: Accounts, account: SQL): SQL[] {
  const { role, requireFactor, tables } = accounts
  const { factors } = tables
  if (!factors || !role || requireFactor.length === 0) return []
  const column = (name: string) => columnName(factors, name)
  const has = sql`exists (select 1 from ${tableOf(factors)} where ${column("user_id")} = ${account} and ${column("kind")} = 'totp' and ${column("confirmed_at")} is not null)`
  const needs = inArray(role.column, [...requireFactor])
  return [sql`case when ${and(needs, sql`not ${has}`)} then 1 else 0 end`]
}

/** What of the factors such a look-up reads. */
export const factorPart = ({ requireFactor, tables: { factors } }: Accounts, account: Key): PartRead[] =>
  factors && requireFactor.length
    ? [{ table: factors.tableName, column: "user_id", value: account, times: 1 }]
    : []

/** What such a look-up has read, of an API that asks for it: what is not said is taken for a lack. */
export const lacksFactor = ({ requireFactor }: Accounts, read: unknown): boolean =>
  requireFactor.length > 0 && Number(read ?? 1) !== 0

/** The routes by which one gets a second factor, and signs in and out. */
const open = ["factors", "recovery-codes", "token", "revoke"]

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
      "Your role needs a second factor: set one up by POST /auth/factors, then go on",
    )
}
