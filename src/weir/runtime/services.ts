import type { Api } from "../api.ts"
import type { Services } from "../app.ts"
import { type AuthSettings, authRefusal } from "../auth/auth-context.ts"
import { adminNames, ensureFirstAdmin, firstAdminRefusal } from "../auth/first-admin.ts"
import type { Database } from "../db/driver.ts"
import type { Log } from "../http/request.ts"
import { weaknessOf } from "../lib/weak-password.ts"
import type { Accounts } from "../resource/accounts.ts"
import { isForTrial } from "../resource/rules.ts"
import { SettingError, type Settings } from "./settings.ts"

const levels = { info: 0, warn: 1, error: 2, silent: 3 }

/** A log that drops the records below a level. */
export function leveled(log: Log, level: Settings["LOG_LEVEL"]): Log {
  return (record) => {
    if (levels[record.level] >= levels[level]) log(record)
  }
}

/** Throws a `SettingError` where a path below the API's own could be one that still has `BASE_PATH` before it. */
export function requireDistinct({ BASE_PATH }: Settings, routes: { path: string }[]): void {
  const first = BASE_PATH?.split("/")[1]
  if (first !== undefined && routes.some(({ path }) => path.split("/")[1] === first))
    throw new SettingError(
      `BASE_PATH: the API itself serves /${first}, so that paths could be meant either way; take another, such as /api${BASE_PATH}`,
    )
}

/** The resources that `openToAnyone` opens: an API for a trial. Throws a `SettingError` where there are any in production. */
export function trialResources({ NODE_ENV }: Settings, { resources }: Api): string[] {
  const opened = resources.filter(({ rules, fields }) =>
    [
      ...Object.values(rules),
      ...Object.values(fields).flatMap(({ read, write }) => [read, ...Object.values(write ?? {})]),
    ].some(isForTrial),
  )
  const names = opened.map(({ name }) => name)
  if (names.length && NODE_ENV === "production")
    throw new SettingError(
      `NODE_ENV: production does not start while openToAnyone is a rule of ${listOf(names)}: it is for a trial on one's own machine`,
    )
  return names
}

/** The first of some names, and how many there are besides. */
const listOf = (names: string[]): string =>
  names.length > 4 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ")

/** What is said of a trial at start. */
export const trialLine = (names: string[]): string =>
  `openToAnyone is a rule of ${listOf(names)}: whoever reaches this server reads and writes their rows`

/** How signing in is set. Throws a `SettingError` where the accounts cannot have it. */
export function authSettingsOf(
  { AUTH_KEYS, ACCESS_TOKEN_MINUTES, SESSION_DAYS, SESSION_MAX_DAYS, ...settings }: Settings,
  accounts: Accounts | undefined,
): AuthSettings {
  const auth: AuthSettings = {
    keys: AUTH_KEYS,
    accessTokenSeconds: ACCESS_TOKEN_MINUTES === undefined ? undefined : ACCESS_TOKEN_MINUTES * 60,
    sessionDays: SESSION_DAYS,
    sessionMaxDays: SESSION_MAX_DAYS,
    invitationDays: settings.INVITATION_DAYS,
    issuers: settings.AUTH_ISSUERS,
    providers: settings.AUTH_PROVIDERS,
    redirects: settings.AUTH_REDIRECTS,
    publicUrl: settings.PUBLIC_URL,
    passkeys: {
      origins: settings.PASSKEY_ORIGINS,
      domain: settings.PASSKEY_DOMAIN,
      others: [settings.APP_URL, settings.PUBLIC_URL, ...settings.CORS_ORIGINS].filter(
        (one) => one !== undefined,
      ),
      isDevelopment: settings.NODE_ENV === "development",
    },
  }
  const asked = auth.issuers?.length ? "AUTH_ISSUERS" : auth.providers?.length ? "AUTH_PROVIDERS" : undefined
  const refusal = accounts ? authRefusal(accounts, auth) : asked && `${asked}: this API has no accounts`
  if (refusal !== undefined) throw new SettingError(refusal)
  return auth
}

/** What the settings allow an answer to be. */
export const answerLimitsOf = ({
  ANSWER_LIMIT,
  ANSWER_ROWS,
  ANSWER_ROWS_ANONYMOUS,
  DOCUMENT_LIMIT,
  IDEMPOTENCY_HOURS,
}: Settings): Services["answerLimits"] => ({
  bytes: ANSWER_LIMIT,
  rows: { anonymous: ANSWER_ROWS_ANONYMOUS, user: ANSWER_ROWS, admin: ANSWER_ROWS },
  documentBytes: DOCUMENT_LIMIT,
  recordsMs: IDEMPOTENCY_HOURS * 3_600_000,
})

/**
 * A function that creates the first admin where the settings name one. After a success it does nothing. Throws a
 * `SettingError` where the API's accounts cannot have an admin.
 */
export function firstAdmin(
  settings: Settings,
  accounts: Accounts | undefined,
  database: Database,
): () => Promise<void> {
  const { FIRST_ADMIN_EMAIL: email, FIRST_ADMIN_PASSWORD: password } = settings
  const refusal = email ? firstAdminRefusal(accounts) : undefined
  if (refusal !== undefined) throw new SettingError(`FIRST_ADMIN_EMAIL: ${refusal}`)
  const weakness = email && password ? weaknessOf(password, [email, ...adminNames]) : undefined
  if (weakness) throw new SettingError(`FIRST_ADMIN_PASSWORD: ${weakness.message}`)
  let done = !email || !password
  // Not one shared promise: on Workers, a request must not wait for another request's work.
  return async () => {
    if (done || !accounts || !email || !password) return
    const client = database.connect()
    try {
      await ensureFirstAdmin(accounts, client, { email, password })
      done = true
    } finally {
      await client.close?.()
    }
  }
}
