import { and, or, sql } from "drizzle-orm"
import type { Client, Row } from "../db/driver.ts"
import { normalized } from "../fields/text.ts"
import type { Accounts } from "../resource/accounts.ts"
import type { Key } from "../resource/key.ts"
import type { Field } from "../resource/resource.ts"
import { boundValue } from "../sql/columns.ts"
import { bound, compile, planOf, withValues } from "../sql/plan.ts"
import { accountKey } from "./accounts.ts"
import { digestOf } from "./refresh-token.ts"
import { columnValue } from "./rows.ts"
import { isUsable } from "./usable.ts"

/** An account with an address, as mail needs it. */
export interface Addressed {
  id: Key
  /** As it is stored: what was sent may only look like it. */
  email: string
  hashedPassword: string
  isVerified: boolean
  /** All that one signs in with. */
  names: string[]
}

/** The account of an address or of a key, unless it is deleted or disabled. */
export async function findAddressed(
  accounts: Accounts,
  client: Client,
  by: { email: string } | { id: Key },
): Promise<Addressed | undefined> {
  const { resource, login, password, verified } = accounts
  const email = accounts.email as Field
  const isById = "id" in by
  const plan = planOf(resource, `own:addressed:${isById}`, () => {
    const key = accountKey(resource)
    const isIt = isById
      ? sql`${key.column} = ${boundValue(resource, key.name, "key")}`
      : or(sql`${email.column} = ${bound("email")}`, sql`${email.column} = ${bound("typed")}`)
    const isVerified = verified ? sql`case when ${verified.column} is null then 0 else 1 end` : sql`0`
    const columns = [key.column, email.column, password.column, ...login.map(({ column }) => column)]
    const list = sql.join([isVerified, ...columns.map((column) => sql`${column}`)], sql`, `)
    return {
      ...compile(sql`select ${list} from ${resource.table} where ${and(isIt, isUsable(accounts))}`),
      bounded: true,
    }
  })
  // Addresses were stored as they were typed before they had one spelling.
  const values = isById
    ? { key: columnValue(resource, accountKey(resource).name, by.id) }
    : { email: normalized(email.spec, by.email), typed: by.email.trim().toLowerCase() }
  const rows = await client.query(withValues(plan, values))
  const row = ("email" in values && rows.find((one) => one[2] === values.email)) || rows[0]
  return row && addressedIn(row)
}

const addressedIn = ([isVerified, id, email, password, ...names]: Row): Addressed => ({
  id: id as Key,
  email: String(email),
  hashedPassword: String(password),
  isVerified: Number(isVerified) === 1,
  names: names.map(String),
})

/** A fingerprint of an account's address and password: the links that were made before a change of them hold no more. */
export const markOf = ({ email, hashedPassword }: Addressed): string =>
  digestOf(`mark ${email}\n${hashedPassword}`).slice(0, 22)
