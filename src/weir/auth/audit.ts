import type { Statement } from "../db/driver.ts"
import type { AppContext } from "../http/context.ts"
import type { LaterValue } from "../lib/later-value.ts"
import type { Accounts } from "../resource/accounts.ts"
import type { Key } from "../resource/key.ts"
import { clientInfo } from "./client-info.ts"
import { insertOf, type Only } from "./rows.ts"

/** What the audit log tells of accounts. */
export type AuditEventName =
  | "sign_in"
  | "sign_in_failed"
  | "sign_out"
  | "refresh_reused"
  | "key_made"
  | "key_deleted"
  | "password_changed"
  | "role_changed"
  | "disabled"
  | "enabled"
  | "acted_as"
  | "account_made"
  | "account_deleted"
  | "verified"
  | "unverified"
  | "email_changed"
  | "invited"
  | "identity_linked"
  | "identity_unlinked"
  | "factor_added"
  | "factor_removed"
  | "recovery_codes_made"
  | "factors_removed"
  | "passkey_added"
  | "passkey_removed"
  | "passkey_cloned"

export interface AuditEvent {
  event: AuditEventName
  /** Whose account. */
  account?: Key | LaterValue | undefined
  /** Who did it; by default the account itself. */
  actor?: Key | LaterValue | undefined
  /** Nothing secret: it is shown to admins. */
  details?: Record<string, unknown>
}

/** The statements that tell the audit log, `only` where that holds, to stand beside those of the change itself: none where there is no log. */
export function audited(c: AppContext, accounts: Accounts, told: AuditEvent, only?: Only): Statement[] {
  const { audit } = accounts.tables
  if (!audit) return []
  const { event, account, actor = account, details } = told
  const text = (key: AuditEvent["account"]) => (typeof key === "number" ? String(key) : key)
  const row = {
    event,
    account: text(account),
    actor: text(actor),
    ...clientInfo(c),
    request_id: c.get("requestId").slice(0, 200),
    details,
  }
  return [insertOf(audit, row, only)]
}
