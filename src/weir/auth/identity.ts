import { type SQL, sql } from "drizzle-orm"
import type { Accounts } from "../resource/accounts.ts"
import type { Key } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { boundValue, columnName, tableOf } from "../sql/columns.ts"
import { columnValue, type Only } from "./rows.ts"

/** What another issuer calls somebody. */
export interface Identity {
  issuer: string
  subject: string
}

/** The table of identities: a start without it was refused. */
export const identitiesOf = ({ tables }: Accounts): Resource => tables.identities as Resource

/** The condition that the identity which is bound, by the names of its columns behind a prefix, is that of `owner`. */
export function hasIdentity(identities: Resource, owner: SQL, prefix = ""): SQL {
  const same = (name: string) =>
    sql`${columnName(identities, name)} = ${boundValue(identities, name, `${prefix}${name}`)}`
  return sql`exists (select 1 from ${tableOf(identities)} where ${same("issuer")} and ${same("subject")} and ${columnName(identities, "user_id")} = ${owner})`
}

/** That an account has the identity still by which its owner was found out, if any. */
export function stillLinked(
  accounts: Accounts,
  { id, identity }: { id: Key; identity?: Identity | undefined },
): Only | undefined {
  if (!identity) return undefined
  const identities = identitiesOf(accounts)
  return {
    name: "linked",
    where: hasIdentity(identities, boundValue(identities, "user_id")),
    values: { ...identity, user_id: columnValue(identities, "user_id", id) },
  }
}
