import type { Registry } from "../http/registry.ts"
import type { AuthContext } from "./auth-context.ts"
import { invitationRoutes } from "./invitation-routes.ts"
import type { MailContext } from "./mail-context.ts"
import { resetRoutes } from "./reset-routes.ts"
import { verificationRoutes } from "./verification-routes.ts"

/** What accounts can do by mail. */
export function mailRoutes(registry: Registry, context: AuthContext, mail: MailContext): void {
  verificationRoutes(registry, context, mail)
  resetRoutes(registry, context, mail)
  if (context.accounts.role) invitationRoutes(registry, context, mail)
}
