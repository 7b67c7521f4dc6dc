/** The door `#weir/passkeys`: passkeys (WebAuthn) for the accounts of an API. Who does not import it has none of it. */
import type { Table } from "drizzle-orm"
import { passkeyGrants } from "./auth/passkey-grant.ts"
import { requirePasskey } from "./auth/passkey-required.ts"
import { passkeyRoutes } from "./auth/passkey-routes.ts"
import type { PasskeyServer } from "./auth/passkey-server.ts"
import { siteOf } from "./auth/passkey-site.ts"
import type { PasskeyTable } from "./resource/account-resources.ts"

const server: PasskeyServer = {
  refusal: ({ passkeys }) => {
    const site = passkeys && siteOf(passkeys)
    return typeof site === "string" ? site : undefined
  },
  requirePasskey,
  routes: passkeyRoutes,
  grants: passkeyGrants,
}

/**
 * Lets accounts sign in with passkeys, which are kept in a table that `accountTables` makes.
 *
 * @example accounts: { table: users, ..., passkeys: passkeys(tables.passkeys) }
 */
export const passkeys = (table: Table): PasskeyTable => ({ table, server })
