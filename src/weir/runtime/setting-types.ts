import { readSigningKeys } from "../auth/signing-keys.ts"
import { sqliteUrlProblem } from "../db/drivers/libsql-url.ts"
import { PostgresUrlError, parsePostgresUrl } from "../db/drivers/postgres-url.ts"
import * as z from "../lib/zod.ts"

/** What is wrong with a URL, to be read after the setting's name. */
function urlProblem(text: string): string | undefined {
  // A Worker that was built for D1 or for Postgres alone opens no such URL.
  if (!/^postgres(ql)?:/.test(text))
    return process.env.WEIR_DATABASE === "d1" || process.env.WEIR_DIALECT === "postgres"
      ? undefined
      : sqliteUrlProblem(text)
  // A Worker that was built for SQLite or for Hyperdrive alone refuses such a database whatever its URL.
  return process.env.WEIR_DIALECT === "sqlite" || process.env.WEIR_DATABASE === "hyperdrive"
    ? undefined
    : postgresUrlProblem(text)
}

function postgresUrlProblem(text: string): string | undefined {
  try {
    parsePostgresUrl(text)
    return undefined
  } catch (error) {
    if (error instanceof PostgresUrlError) return error.message
    throw error
  }
}

/** The address of a database, with what each provider writes behind it. */
export const databaseUrl = z
  .string()
  .regex(
    /^(file:.|libsql:|https?:|wss?:|postgres(ql)?:)/,
    "must start with file:, libsql:, https:, http: or postgres:",
  )
  .superRefine((text, context) => {
    const message = urlProblem(text)
    if (message !== undefined) context.addIssue(message)
  })

/** A whole number in digits. Number() alone would accept more: it converts a blank to 0. */
export const whole = (min: number, max: number) => {
  const range = `must be a whole number from ${min} to ${max}`
  return z
    .string()
    .regex(/^\d{1,12}$/, range)
    .transform(Number)
    .pipe(z.number().min(min, range).max(max, range))
}

/** Texts that are separated by commas. */
export const commaSeparated = z.string().transform((text) =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean),
)

/** Keys that sign tokens, as a JWK Set. */
export const signingKeys = z.string().transform((text, context) => {
  try {
    return readSigningKeys(text)
  } catch (error) {
    context.addIssue((error as Error).message)
    return z.NEVER
  }
})

/** A limit of attempts in a minute. */
export const limit = () => whole(0, 1_000_000).optional()

/** Whether a text is `*`, or an `Origin` as browsers send it: no path, no default port, lower case. */
export const isOrigin = (text: string): boolean =>
  text === "*" || (/^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text)
