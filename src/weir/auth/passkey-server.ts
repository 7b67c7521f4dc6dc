import type { Client } from "../db/driver.ts"
import type { Registry } from "../http/registry.ts"
import type { Accounts } from "../resource/accounts.ts"
import type { Key } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import type { AuthContext, AuthSettings } from "./auth-context.ts"
import type { Grant } from "./grants.ts"

/** What serves passkeys. The engine knows no more of it: it is loaded with `#weir/passkeys`, and else is in no bundle. */
export interface PasskeyServer {
  /** Why passkeys cannot be had with the settings; undefined where they can. */
  refusal(settings: AuthSettings): string | undefined
  /** Throws a 400 for an account that may not sign in by less than its passkey. */
  requirePasskey(client: Client, accounts: Accounts, account: Key): Promise<void>
  /** Serves the routes of passkeys. */
  routes(registry: Registry, context: AuthContext, passkeys: Resource): void
  /** Ways to get tokens, by their names. */
  grants: Record<string, Grant>
}

/** What serves the passkeys of an API's accounts: what `passkeys()` of `#weir/passkeys` has put there. */
export const passkeyServerOf = ({ passkeyServer }: Accounts): PasskeyServer | undefined =>
  passkeyServer as PasskeyServer | undefined
