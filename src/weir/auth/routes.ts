import type { Registry } from "../http/registry.ts"
import type { AuthContext } from "./auth-context.ts"
import { keysRoute } from "./keys-route.ts"
import { sessionRoutes } from "./session-routes.ts"
import { tokenRoute } from "./token-route.ts"

/** All routes of accounts, but for those of their resources. */
export function authRoutes(registry: Registry, context: AuthContext): void {
  const { settings, accounts } = context
  const { sessions } = accounts.tables
  tokenRoute(registry, context)
  if (sessions) sessionRoutes(registry, context, sessions)
  if (settings.keys?.length) keysRoute(registry, settings.keys)
}
