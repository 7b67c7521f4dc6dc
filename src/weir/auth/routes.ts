import { refuseUnhonoured } from "../http/preferences.ts"
import type { Registry } from "../http/registry.ts"
import { actAsRoute } from "./act-as-route.ts"
import type { AuthContext } from "./auth-context.ts"
import { factorRoutes } from "./factor-routes.ts"
import { keyRoutes } from "./key-routes.ts"
import { keysRoute } from "./keys-route.ts"
import { mailRoutes } from "./mail-routes.ts"
import { passkeyServerOf } from "./passkey-server.ts"
import { providerRoutes } from "./provider-routes.ts"
import { removeFactorsRoute } from "./remove-factors-route.ts"
import { endOthersRoute, revokeRoute } from "./session-routes.ts"
import { tokenRoute } from "./token-route.ts"

/** All routes of accounts, but for those of their resources. `paths` are the first parts of all paths. */
export function authRoutes(registry: Registry, context: AuthContext, paths: ReadonlySet<string>): void {
  const { settings, accounts } = context
  const { sessions, keys, factors, passkeys } = accounts.tables
  const own = registry.checking(refuseUnhonoured)
  // These answer in OAuth's form.
  tokenRoute(registry, context)
  if (sessions) revokeRoute(registry, context, sessions)
  if (sessions) endOthersRoute(own, context, sessions)
  if (sessions && accounts.role) actAsRoute(own, context)
  if (context.signIn) providerRoutes(own, context, context.signIn)
  if (keys) keyRoutes(own, context, keys, paths)
  if (context.mail) mailRoutes(own, context, context.mail)
  if (factors) factorRoutes(own, context, factors)
  if (passkeys) passkeyServerOf(accounts)?.routes(own, context, passkeys)
  if ((factors || passkeys) && accounts.role) removeFactorsRoute(own, context)
  if (settings.keys?.length) keysRoute(registry, settings.keys)
}
