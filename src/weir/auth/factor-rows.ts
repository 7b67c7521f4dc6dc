import { or, type SQL, sql } from "drizzle-orm"
import type { Client, Statement } from "../db/driver.ts"
import type { Key } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { tableOf } from "../sql/columns.ts"
import { changing, ofAccount, type Parts, partsOf, rowsWith, valuesOf } from "./own-rows.ts"
import { fewerThan, type Only, someRow } from "./rows.ts"

/** A row of the factors, as JSON has it. */
export interface Factor {
  id: number
  kind: "totp" | "recovery" | "removed"
  secret: string
  last_step: number | null
  failures: number
  failed_at: string | null
  created_at: string
  confirmed_at: string | null
  last_used_at: string | null
}

/** Whether it is an app that has shown its first code. */
export const isActive = ({ kind, confirmed_at }: Factor): boolean => kind === "totp" && confirmed_at !== null

/** All factors of an account, oldest first. */
export const factorsOf = (client: Client, factors: Resource, account: Key): Promise<Factor[]> =>
  rowsWith(client, factors, "user_id", account)

const isApp = (parts: Parts): SQL =>
  sql`${parts.column("id")} = ${parts.value("id")} and ${ofAccount(parts)} and ${parts.column("kind")} = 'totp'`
const active = ({ column }: Parts): SQL =>
  sql`${column("kind")} = 'totp' and ${column("confirmed_at")} is not null`

/** Counts a code before it is looked at: of attempts at once that saw the same count, one changes a row. */
export const reservation = (factors: Resource, account: Key, seen: number, now: string): Statement =>
  changing(
    factors,
    "reserve",
    (parts) => ({
      set: sql`${parts.column("failures")} = ${parts.value("failures", "failures next")}, ${parts.column("failed_at")} = ${parts.value("failed_at")}`,
      where: sql`${ofAccount(parts)} and ${active(parts)} and ${parts.column("failures")} <= ${parts.value("failures")}`,
    }),
    { user_id: account, failures: seen, "failures next": seen + 1, failed_at: now },
  )

/** Takes a code of an app: of two that send the same one, or one of an earlier step, one changes a row. */
export const takenStep = (
  factors: Resource,
  id: number,
  { step, secret, now }: { step: number; secret: string; now: string },
): Statement =>
  changing(
    factors,
    "take",
    (parts) => ({
      set: sql`${parts.column("last_step")} = ${parts.value("last_step")}, ${parts.column("secret")} = ${parts.value("secret")}, ${parts.column("last_used_at")} = ${parts.value("last_used_at")}`,
      where: sql`${parts.column("id")} = ${parts.value("id")} and ${active(parts)} and (${parts.column("last_step")} is null or ${parts.column("last_step")} < ${parts.value("last_step")})`,
    }),
    { id, last_step: step, secret, last_used_at: now },
  )

/** After a code that was right: none is counted any more. */
export const cleared = (factors: Resource, account: Key): Statement =>
  changing(
    factors,
    "clear",
    (parts) => ({ set: sql`${parts.column("failures")} = 0`, where: ofAccount(parts) }),
    { user_id: account },
  )

/** Uses a recovery code up. */
export const usedRecovery = (factors: Resource, account: Key, hash: string): Statement =>
  changing(
    factors,
    "delete:used",
    (parts) => ({
      where: sql`${ofAccount(parts)} and ${parts.column("kind")} = 'recovery' and ${parts.column("secret")} = ${parts.value("secret")}`,
    }),
    { user_id: account, secret: hash },
  )

/** Confirms an app by its first code, which counts as used. */
export const confirmed = (
  factors: Resource,
  account: Key,
  id: number,
  { step, now }: { step: number; now: string },
): Statement =>
  changing(
    factors,
    "confirm",
    (parts) => ({
      set: sql`${parts.column("confirmed_at")} = ${parts.value("confirmed_at")}, ${parts.column("last_step")} = ${parts.value("last_step")}`,
      where: sql`${isApp(parts)} and ${parts.column("confirmed_at")} is null`,
    }),
    { id, user_id: account, confirmed_at: now, last_step: step },
  )

/**
 * Removes an app of an account. What is left of one whose codes were guessed at is the count, without the secret: the next
 * guess waits as long, whatever apps there are by then. The highest count is enough.
 */
export const removedFactor = (factors: Resource, account: Key, id: number): Statement[] => [
  changing(
    factors,
    "remove",
    (parts) => ({
      set: sql`${parts.column("kind")} = 'removed', ${parts.column("secret")} = ''`,
      where: isApp(parts),
    }),
    { id, user_id: account },
  ),
  changing(
    factors,
    "delete:counts",
    (parts) => {
      const own = (name: string) => sql`${tableOf(factors)}.${parts.column(name)}`
      const other = (name: string) => sql`other.${parts.column(name)}`
      const higher = sql`select 1 from ${tableOf(factors)} other where ${other("user_id")} = ${parts.value("user_id")} and ${other("kind")} = 'removed' and (${other("failures")} > ${own("failures")} or (${other("failures")} = ${own("failures")} and ${other("id")} > ${own("id")}))`
      return {
        where: sql`${ofAccount(parts)} and ${parts.column("kind")} = 'removed' and (${parts.column("failures")} = 0 or exists (${higher}))`,
      }
    },
    { user_id: account },
  ),
]

/** That an account has such an app, or one that is not confirmed: what tells of its change says nothing where there is none. */
export function someApp(factors: Resource, account: Key, id: number, isPending = false): Only {
  const parts = partsOf(factors)
  const pending = isPending ? sql` and ${parts.column("confirmed_at")} is null` : sql``
  return {
    name: `app:${isPending}`,
    where: someRow(factors, sql`${isApp(parts)}${pending}`),
    values: valuesOf(factors, { id, user_id: account }),
  }
}

/** That an account has fewer apps than `most` that are confirmed. */
export const fewerApps = (factors: Resource, account: Key, most: number): Only =>
  fewerThan(factors, account, most, active(partsOf(factors)))

/** Deletes all rows of an account. */
export const removedAll = (factors: Resource, account: Key): Statement =>
  changing(factors, "delete:all", (parts) => ({ where: ofAccount(parts) }), { user_id: account })

/** That an account has rows in any of the tables. */
export const someOf = (tables: Resource[], account: Key): Only => ({
  name: "factors",
  where: or(...tables.map((table) => someRow(table, ofAccount(partsOf(table))))) as SQL,
  values: valuesOf(tables[0] as Resource, { user_id: account }),
})

/** Deletes the apps of an account that were never confirmed. */
export const removedPending = (factors: Resource, account: Key): Statement =>
  changing(
    factors,
    "delete:pending",
    (parts) => ({ where: sql`${ofAccount(parts)} and ${parts.column("confirmed_at")} is null` }),
    { user_id: account },
  )

/** Deletes the recovery codes of an account: all, or where it has no app any more. */
export const removedRecovery = (factors: Resource, account: Key, which: "all" | "orphaned"): Statement =>
  changing(
    factors,
    `delete:recovery:${which}`,
    (parts) => {
      const codes = sql`${ofAccount(parts)} and ${parts.column("kind")} = 'recovery'`
      const apps = sql`select 1 from ${tableOf(factors)} other where other.${parts.column("user_id")} = ${parts.value("user_id")} and other.${parts.column("kind")} = 'totp' and other.${parts.column("confirmed_at")} is not null`
      return { where: which === "all" ? codes : sql`${codes} and not exists (${apps})` }
    },
    { user_id: account },
  )
