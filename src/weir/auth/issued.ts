import { LRUCache } from "lru-cache"
import type { AppContext } from "../http/context.ts"
import { Problem } from "../problem.ts"
import type { Accounts } from "../resource/accounts.ts"
import type { Key } from "../resource/key.ts"
import { findByIdentity } from "./accounts.ts"
import { claimedIssuer, type Issued, type Issuers } from "./issuers.ts"
import { makeAccount } from "./new-account.ts"
import { namesOf } from "./openid.ts"
import type { Presented } from "./presented.ts"

/** What is said of a token that no account belongs to. */
const unknown = "no account here has its subject"

const noAccount = {
  no_address: "no account can be made for it without a verified address",
  address_taken: "its address is that of another account, which its owner may link to it",
}

/** Finds the accounts of the tokens of other issuers. */
export interface IssuedTokens {
  /**
   * What a token of another issuer says; why it does not hold; or undefined for one that is none of theirs. Throws a 503
   * where nothing can be said of it now.
   */
  present(c: AppContext, token: string): Promise<Presented | string | undefined>
  /** Forgets which account an identity has: it has it no more. */
  forget(presented: Presented): void
}

/** The accounts of tokens of other issuers: found by their identities, or made at the first sight where that is set. */
export function issuedTokens(accounts: Accounts, issuers: Issuers): IssuedTokens {
  const owners = new LRUCache<string, Key>({ max: 5000 })
  const nameOf = ({ issuer, subject }: { issuer: string; subject: string }) => `${issuer} ${subject}`
  return {
    forget: ({ identity }) => {
      if (identity) owners.delete(nameOf(identity))
    },
    present: async (c, token) => {
      const iss = claimedIssuer(token)
      if (iss === undefined || !issuers.has(iss)) return undefined
      const issued = await issuers.verify(token, iss)
      if (typeof issued === "string") return issued
      if ("unavailable" in issued) throw issuerUnavailable(issued.unavailable)
      const owner = owners.get(nameOf(issued)) ?? (await ownerOf(c, accounts, issued))
      if (typeof owner === "object") return owner.refused
      owners.set(nameOf(issued), owner)
      const { issuer, subject } = issued
      return { userId: owner, identity: { issuer, subject }, issued }
    },
  }
}

async function ownerOf(
  c: AppContext,
  accounts: Accounts,
  issued: Issued,
): Promise<Key | { refused: string }> {
  const { issuer, subject, email, claims, options } = issued
  const found = await findByIdentity(accounts, c.get("call").client(), issued)
  // Whether it may be signed in to is looked at with each request.
  if (found) return found.id
  if (!options.create) return { refused: unknown }
  const made = await makeAccount(c, accounts, { issuer, subject, email, names: namesOf(claims) })
  return typeof made === "string" ? { refused: noAccount[made] } : made.id
}

const issuerUnavailable = (why: string): Problem =>
  new Problem("issuer_unavailable", "The issuer of the token cannot be asked for its keys now; try again", {
    headers: { "retry-after": "5" },
    cause: new Error(why),
  })
