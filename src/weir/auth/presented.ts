import type { Accounts } from "../resource/accounts.ts"
import { scopePattern } from "../resource/scopes.ts"
import type { Viewer } from "../resource/viewer.ts"
import { kindOf } from "../resource/viewer-kind.ts"
import type { Credentials, Looked } from "./credentials.ts"

/** What a token says that holds, of this API or of another issuer. */
export interface Presented extends Looked {
  /** The fingerprint of the password at the time of issue. Another issuer knows none. */
  passwordMark?: string | undefined
  issued?: IssuedClaims | undefined
}

/** What another issuer says of the viewer. */
export interface IssuedClaims {
  roles?: readonly string[] | undefined
  scopes?: readonly string[] | undefined
  claims: Readonly<Record<string, unknown>>
}

/** Most scopes of a token that count: they are a part of what statements are kept by. */
const maxScopes = 50
const maxScope = 100

/** The viewer that a token stands for, by the row of its account. */
export function viewerOf(accounts: Accounts, presented: Presented, credentials: Credentials): Viewer {
  const { role: own, lacksFactor } = credentials
  const { userId, session, actor, issued } = presented
  const role = roleOf(accounts, own, issued?.roles)
  const scopes = issued?.scopes
    ?.filter((scope) => scope.length <= maxScope && scopePattern.test(scope))
    .slice(0, maxScopes)
  return {
    kind: kindOf(role === accounts.admin ? "admin" : "user", role, scopes),
    id: userId,
    ...(accounts.role ? { role } : {}),
    ...(session === undefined ? {} : { session }),
    ...(actor === undefined ? {} : { actor }),
    ...(scopes ? { scopes } : {}),
    ...(issued ? { claims: issued.claims } : {}),
    ...(lacksFactor ? { lacksFactor } : {}),
  }
}

/** The role that a claim gives: the admin's before others, else the first that there is here, else the account's own. */
function roleOf({ role, admin }: Accounts, own: string, roles: readonly string[] = []): string {
  if (!role) return own
  const known = roles.filter((name) => role.spec.values?.includes(name))
  return known.includes(admin) ? admin : (known[0] ?? own)
}
