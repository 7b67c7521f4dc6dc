import { type SQL, sql } from "drizzle-orm"
import type { Client, Statement } from "../db/driver.ts"
import type { Key } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { tableOf } from "../sql/columns.ts"
import { changing, ofAccount, type Parts, partsOf, rowsWith, valuesOf } from "./own-rows.ts"
import { fewerThan, insertOf, type Only, someRow } from "./rows.ts"
import type { NewCredential, Signed } from "./webauthn.ts"

/** Most passkeys of one account. */
export const maxPasskeys = 10

/** A row of the passkeys, as JSON has it. */
export interface Passkey {
  id: number
  user_id: Key
  name: string
  credential_id: string
  public_key: string
  counter: number
  transports: string[]
  backed_up: boolean
  created_at: string
  last_used_at: string | null
}

/** The passkeys of an account, oldest first. */
export const passkeysOf = (client: Client, passkeys: Resource, account: Key): Promise<Passkey[]> =>
  rowsWith(client, passkeys, "user_id", account)

/** The passkey that its authenticator calls so. */
export async function passkeyCalled(
  client: Client,
  passkeys: Resource,
  id: string,
): Promise<Passkey | undefined> {
  const [found] = await rowsWith<Passkey>(client, passkeys, "credential_id", id)
  return found
}

/** Adds a passkey, if the account has not the most that it may have. */
export const added = (
  passkeys: Resource,
  account: Key,
  { id, publicKey, counter, isBackedUp }: NewCredential,
  { name, transports }: { name: string; transports: string[] },
): Statement => {
  const row = {
    user_id: account,
    name,
    credential_id: id,
    public_key: publicKey,
    counter,
    transports,
    backed_up: isBackedUp,
  }
  return insertOf(passkeys, row, fewerThan(passkeys, account, maxPasskeys))
}

const ofId = ({ column, value }: Parts) => sql`${column("id")} = ${value("id")}`
const own = (parts: Parts) => sql`${ofId(parts)} and ${ofAccount(parts)}`

export const renamed = (passkeys: Resource, account: Key, id: number, name: string): Statement =>
  changing(
    passkeys,
    "rename",
    (parts) => ({ set: sql`${parts.column("name")} = ${parts.value("name")}`, where: own(parts) }),
    { id, user_id: account, name },
  )

/** That an account has such a passkey, which is to be removed. */
export function somePasskey(passkeys: Resource, account: Key, id: number): Only {
  const values = valuesOf(passkeys, { id, user_id: account })
  return { name: "passkey", where: someRow(passkeys, own(partsOf(passkeys))), values }
}

export const removed = (passkeys: Resource, account: Key, id: number): Statement =>
  changing(passkeys, "delete:own", (parts) => ({ where: own(parts) }), { id, user_id: account })

/** A counter goes on, or is none: 0 both times. */
const goesOn = (stored: SQL, counter: SQL): SQL =>
  sql`(${stored} < ${counter} or (${stored} = 0 and ${stored} = ${counter}))`

/** Notes that a passkey was used, where its counter goes on. */
export const used = (passkeys: Resource, id: number, { counter, isBackedUp }: Signed): Statement =>
  changing(
    passkeys,
    "use",
    (parts) => {
      const { column, value } = parts
      const set = ["counter", "backed_up", "last_used_at"].map(
        (name) => sql`${column(name)} = ${value(name)}`,
      )
      return {
        set: sql.join(set, sql`, `),
        where: sql`${ofId(parts)} and ${goesOn(column("counter"), value("counter"))}`,
      }
    },
    { id, counter, backed_up: isBackedUp, last_used_at: new Date().toISOString() },
  )

/** That the counter of a passkey went back: two have it, and one of them has signed more often. */
export const isCloned = (passkeys: Resource, id: number, { counter }: Signed): Only => {
  const { column, value } = partsOf(passkeys)
  return {
    name: "passkey cloned",
    where: sql`exists (select 1 from ${tableOf(passkeys)} where ${column("id")} = ${value("id", "@passkey")} and not ${goesOn(column("counter"), value("counter", "@counter"))})`,
    values: { "@passkey": id, "@counter": counter },
  }
}
