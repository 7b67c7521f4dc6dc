import type { Accounts } from "../resource/accounts.ts"
import type { Field } from "../resource/resource.ts"
import type { Account } from "./accounts.ts"
import { digestOf } from "./refresh-token.ts"

/** The address of an account as it is stored: what was sent may only look like it. */
export const addressOf = ({ login, email }: Accounts, { names }: Account): string =>
  names[login.indexOf(email as Field)] as string

/** A fingerprint of an account's address and password: the links that were made before a change of them hold no more. */
export const markOf = (accounts: Accounts, account: Account): string =>
  digestOf(`mark ${addressOf(accounts, account)}\n${account.hashedPassword}`).slice(0, 22)
