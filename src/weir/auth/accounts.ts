import { eq, or, type SQL, sql } from "drizzle-orm"
import type { Client, Row } from "../db/driver.ts"
import { normalized } from "../fields/text.ts"
import { foldedUsername } from "../lib/identifiers.ts"
import type { Values } from "../query/query.ts"
import type { Accounts } from "../resource/accounts.ts"
import { type Key, keyFields, parseKey } from "../resource/key.ts"
import type { Field, Resource } from "../resource/resource.ts"
import { boundValue } from "../sql/columns.ts"
import { bound, compile, planOf, withValues } from "../sql/plan.ts"
import { hasIdentity, type Identity, identitiesOf } from "./identity.ts"
import { columnValue } from "./rows.ts"
import type { KeyOf } from "./token.ts"
import { isUsable } from "./usable.ts"

/** An account, as signing in needs to know it. */
export interface Account {
  id: Key
  hashedPassword: string
  /** Whether it may be signed in to. */
  isUsable: boolean
  /** Whether its address was verified here. */
  isVerified: boolean
  /** What one signs in with, in the order of the login columns: as it is stored. */
  names: string[]
}

/** The accounts that a condition finds. `shape` tells conditions apart. */
async function find(
  accounts: Accounts,
  client: Client,
  shape: string,
  where: () => SQL | undefined,
  values: Values,
): Promise<Account[]> {
  const { resource, login, password, verified } = accounts
  const plan = planOf(resource, `own:find:${shape}`, () => {
    const usable = isUsable(accounts)
    const flag = (condition: SQL) => sql`case when ${condition} then 1 else 0 end`
    const columns = [
      ...[accountKey(resource), password].map(({ column }) => sql`${column}`),
      usable ? flag(usable) : sql`1`,
      verified ? flag(sql`${verified.column} is not null`) : sql`0`,
      ...login.map(({ column }) => sql`${column}`),
    ]
    // Login columns are unique.
    return {
      ...compile(sql`select ${sql.join(columns, sql`, `)} from ${resource.table} where ${where()}`),
      bounded: true,
    }
  })
  const rows = await client.query(withValues(plan, values))
  return rows.map(([id, password, usable, verified, ...names]: Row) => ({
    id: keyIn(accounts, id),
    hashedPassword: String(password),
    isUsable: Number(usable) === 1,
    isVerified: Number(verified) === 1,
    names: names.map(String),
  }))
}

/** The key of an account as a driver has read it. */
export const keyIn = (accounts: Accounts, value: unknown): Key => keyFrom(accounts)(String(value)) as Key

/** The account with a key. */
export async function findByKey(accounts: Accounts, client: Client, key: Key): Promise<Account | undefined> {
  const { resource } = accounts
  const { name, column } = accountKey(resource)
  const where = () => eq(column, boundValue(resource, name, "key"))
  return (await find(accounts, client, "key", where, { key: columnValue(resource, name, key) } as Values))[0]
}

/** The account that has an identity. */
export async function findByIdentity(
  accounts: Accounts,
  client: Client,
  { issuer, subject }: Identity,
): Promise<Account | undefined> {
  const where = () => hasIdentity(identitiesOf(accounts), sql`${accountKey(accounts.resource).column}`)
  return (await find(accounts, client, "identity", where, { issuer, subject }))[0]
}

/** The account that has an address. */
export async function findByAddress(
  accounts: Accounts,
  client: Client,
  address: string,
): Promise<Account | undefined> {
  const { email, login } = accounts
  if (!email || address.includes("\0")) return undefined
  const spelled = normalized(email.spec, address)
  const typed = address.trim().toLowerCase()
  const where = () => or(eq(email.column, sql`${bound("email")}`), eq(email.column, sql`${bound("typed")}`))
  // Addresses were stored as they were typed before they had one spelling.
  const found = await find(accounts, client, "address", where, { email: spelled, typed })
  return found.find(({ names }) => names[login.indexOf(email)] === spelled) ?? found[0]
}

/** The condition of the accounts that a name may mean. */
const named = ({ login }: Accounts): SQL | undefined =>
  or(
    ...login.flatMap((field) => [
      matching(field, bound(field.name)),
      ...(field.spec.format === "email" ? [eq(field.column, sql`${bound(asTyped(field))}`)] : []),
    ]),
  )

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
 * The account that a name means, unless it is deleted or disabled. Where it fits several, the first of the login columns
 * decides, and in one column the value that is spelled alike.
 */
export async function findAccount(
  accounts: Accounts,
  client: Client,
  name: string,
): Promise<Account | undefined> {
  const values = namesOf(accounts, name)
  const found = (await find(accounts, client, "name", () => named(accounts), values)).filter(
    ({ isUsable }) => isUsable,
  )
  for (const [i, field] of accounts.login.entries()) {
    const folded = foldedUsername(values[field.name] as string)
    const account =
      found.find(({ names }) => names[i] === values[field.name]) ??
      found.find(({ names }) => names[i] === values[asTyped(field)]) ??
      (field.spec.format === "username"
        ? found.find(({ names }) => foldedUsername(names[i] as string) === folded)
        : undefined)
    if (account) return account
  }
  return undefined
}
