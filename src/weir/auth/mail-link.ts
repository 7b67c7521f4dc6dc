import type { AppContext } from "../http/context.ts"
import { linkTo } from "../mail/links.ts"
import type { Key } from "../resource/key.ts"
import { type Account, findByAddress, findByKey } from "./accounts.ts"
import type { AuthContext } from "./auth-context.ts"
import { addressOf, markOf } from "./link-mark.ts"
import { linkSeconds, newLinkToken, storeLink } from "./links.ts"
import { type MailContext, mailAfterwards } from "./mail-context.ts"
import { type MailKind, mailOfKind } from "./mail-texts.ts"

/** A link that is asked for. */
export interface LinkRequest {
  purpose: "verify" | "reset" | "email"
  /** Whose it is. */
  by: { email: string } | { id: Key }
  /** Whether the account that is found gets it. Default: it does. */
  gets?: (account: Account) => boolean
  /** Where the link is mailed, if that is not the account's address. */
  to?: string
  data?: Record<string, unknown>
  /** What the account's own address is told besides, or in place of a link that it does not get. */
  note?: MailKind | undefined
}

/**
 * Makes a link and mails it, after the answer. The same statements run whether there is such an account or not: what is
 * stored for nobody opens nothing.
 */
export function mailLink(c: AppContext, context: AuthContext, mail: MailContext, request: LinkRequest): void {
  const { purpose, by, gets = () => true, data, note } = request
  const { title, tokens, appUrl, links } = mail
  mailAfterwards(c, mail, purpose, async (client) => {
    const { accounts } = context
    const known = await ("id" in by
      ? findByKey(accounts, client, by.id)
      : findByAddress(accounts, client, by.email))
    const found = known?.isUsable ? known : undefined
    const account = found && gets(found) ? found : undefined
    const { text, hash } = newLinkToken()
    const stored = {
      hash,
      purpose,
      account: account?.id,
      data: { ...data, mark: account ? markOf(accounts, account) : hash.slice(0, 22) },
      seconds: linkSeconds,
    }
    await client.batch(storeLink(tokens, stored))
    const link = linkTo(appUrl, links[purpose], text)
    return [
      ...(account ? [mailOfKind(purpose, title, request.to ?? addressOf(accounts, account), link)] : []),
      ...(found && note ? [mailOfKind(note, title, addressOf(accounts, found))] : []),
    ]
  })
}
