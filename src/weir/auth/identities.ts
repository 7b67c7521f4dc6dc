import { sql } from "drizzle-orm"
import type { Client, Row, Statement } from "../db/driver.ts"
import type { AppContext } from "../http/context.ts"
import type { Accounts } from "../resource/accounts.ts"
import type { Key } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { bound, compile, planOf, withValues } from "../sql/plan.ts"
import { type Account, accountKey, keyFrom } from "./accounts.ts"
import { audited } from "./audit.ts"
import { hasIdentity, type Identity } from "./identity.ts"
import type { Person } from "./person.ts"
import { columnValue, insertOf } from "./rows.ts"
import { isUsable } from "./usable.ts"

/** An account that was found, and whether it may be signed in to. */
export interface FoundAccount extends Account {
  isUsable: boolean
  /** Whether its address was verified here. */
  isVerified: boolean
}

/** The table of identities. Throws where there is none: a start without it was refused. */
export function identitiesOf({ tables }: Accounts): Resource {
  if (!tables.identities) throw new Error("accounts: identities is not set")
  return tables.identities
}

const columnsOf = (accounts: Accounts) => {
  const { resource, password, verified } = accounts
  const usable = isUsable(accounts)
  const columns = [
    sql`${accountKey(resource).column}`,
    sql`${password.column}`,
    usable ? sql`case when ${usable} then 1 else 0 end` : sql`1`,
    verified ? sql`case when ${verified.column} is null then 0 else 1 end` : sql`0`,
  ]
  return sql.join(columns, sql`, `)
}

/** The key of an account as a driver has read it. */
export const keyIn = (accounts: Accounts, value: unknown): Key => keyFrom(accounts)(String(value)) as Key

const foundIn = (accounts: Accounts, row: Row | undefined): FoundAccount | undefined =>
  row && {
    id: keyIn(accounts, row[0]),
    hashedPassword: String(row[1]),
    isUsable: Number(row[2]) === 1,
    isVerified: Number(row[3]) === 1,
  }

/** The account that has an identity. */
export async function findByIdentity(
  accounts: Accounts,
  client: Client,
  { issuer, subject }: Identity,
): Promise<FoundAccount | undefined> {
  const { resource } = accounts
  const identities = identitiesOf(accounts)
  const plan = planOf(resource, "own:by identity", () => ({
    ...compile(
      sql`select ${columnsOf(accounts)} from ${resource.table} where ${hasIdentity(identities, sql`${accountKey(resource).column}`)}`,
    ),
    bounded: true,
  }))
  const [row] = await client.query(withValues(plan, { issuer, subject }, true))
  return foundIn(accounts, row)
}

/** The account that has an address, which the provider of the sign-in has verified. */
export async function findByAddress(
  accounts: Accounts,
  client: Client,
  address: string,
): Promise<FoundAccount | undefined> {
  const field = accounts.email
  if (!field) return undefined
  const { resource } = accounts
  const plan = planOf(resource, "own:by address", () => ({
    ...compile(
      sql`select ${columnsOf(accounts)} from ${resource.table} where ${sql`${field.column}`} = ${bound("address")}`,
    ),
    bounded: true,
  }))
  const value = field.type.input().safeParse(address)
  if (!value.success) return undefined
  const [row] = await client.query(
    withValues(plan, { address: columnValue(resource, field.name, value.data) }),
  )
  return foundIn(accounts, row)
}

/** The statements that give an account an identity, and tell the audit log. */
export function linking(c: AppContext, accounts: Accounts, person: Person, account: Key): Statement[] {
  const { issuer, subject, email } = person
  return [
    insertOf(identitiesOf(accounts), { user_id: account, issuer, subject, email }),
    ...audited(c, accounts, { event: "identity_linked", account, details: { issuer } }),
  ]
}

/** The account with a key. */
export async function findByKey(
  accounts: Accounts,
  client: Client,
  key: Key,
): Promise<FoundAccount | undefined> {
  const { resource } = accounts
  const plan = planOf(resource, "own:by key", () => ({
    ...compile(
      sql`select ${columnsOf(accounts)} from ${resource.table} where ${sql`${accountKey(resource).column}`} = ${bound("key")}`,
    ),
    bounded: true,
  }))
  const [row] = await client.query(withValues(plan, { key }, true))
  return foundIn(accounts, row)
}
