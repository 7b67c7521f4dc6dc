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
import { sessionRoutes } from "./session-routes.ts"
import { tokenRoute } from "./token-route.ts"

/** All routes of accounts, but for those of their resources. `paths` are the first parts of all paths. */
export function authRoutes(registry: Registry, context: AuthContext, paths: ReadonlySet<string>): void {
  const { settings, accounts } = context
  const { sessions, keys, factors, passkeys } = accounts.tables
  tokenRoute(registry, context)
  if (sessions) sessionRoutes(registry, context, sessions)
  if (sessions && accounts.role) actAsRoute(registry, context)
  if (context.signIn) providerRoutes(registry, context, context.signIn)
  if (keys) keyRoutes(registry, context, keys, paths)
  if (context.mail) mailRoutes(registry, context, context.mail)
  if (factors) factorRoutes(registry, context, factors)
  if (passkeys) passkeyServerOf(accounts)?.routes(registry, context, passkeys)
  if ((factors || passkeys) && accounts.role) removeFactorsRoute(registry, context)
  if (settings.keys?.length) keysRoute(registry, settings.keys)
}
