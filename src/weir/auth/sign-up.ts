import { sql } from "drizzle-orm"
import { readJson } from "../http/body.ts"
import type { AppContext, AppMiddleware } from "../http/context.ts"
import { refuseUnhonoured } from "../http/preferences.ts"
import { refuseParams, searchOf } from "../http/query-string.ts"
import type { Call } from "../operations/call.ts"
import { taken } from "../operations/conflicts.ts"
import { create } from "../operations/create.ts"
import { parseBody } from "../operations/input.ts"
import { NotGuarded } from "../operations/recalled.ts"
import { invalid, Problem } from "../problem.ts"
import type { Field } from "../resource/resource.ts"
import { createSchema } from "../resource/schemas.ts"
import { anonymous, isAdmin } from "../resource/viewer.ts"
import { boundValue, columnName, tableOf } from "../sql/columns.ts"
import { bound, compile, planOf, withValues } from "../sql/plan.ts"
import { followedBy } from "./accept.ts"
import { matching } from "./accounts.ts"
import type { AuthContext } from "./auth-context.ts"
import { linkSeconds, newLinkToken, storeLink } from "./links.ts"
import { mailed } from "./mail-body.ts"
import type { MailContext } from "./mail-context.ts"
import { mailLink } from "./mail-link.ts"
import { columnValue } from "./rows.ts"

/**
 * Sign-ups of an API whose accounts are confirmed: the answer is the same, and costs the same, whether the address has an
 * account or not, whose owner then gets a note in place of a link. A user name that is taken is a 409 in either case.
 * Admins create accounts as they create any row.
 */
export const confirmedSignUps =
  (context: AuthContext, mail: MailContext): AppMiddleware =>
  async (c, next) => {
    const call = c.get("call")
    if (isAdmin(call.viewer.kind)) return next()
    refuseUnhonoured(c)
    refuseParams(searchOf(c))
    const input = await readJson(c)
    if (Array.isArray(input)) {
      const message = "must be one object: accounts are signed up one at a time"
      throw invalid("The body is not valid", [{ path: "body", message, code: "invalid_type" }])
    }
    const { resource } = context.accounts
    const values = parseBody(createSchema(resource), input)
    const email = values[mail.email.name] as string
    const isMade = await signedUp(c, context, mail, { input, values })
    const note = isMade ? undefined : "known"
    mailLink(c, context, mail, { purpose: "verify", by: { email }, gets: () => isMade, note })
    return mailed(c)
  }

interface SignUp {
  input: unknown
  /** The same, checked. */
  values: Record<string, unknown>
}

/** Makes an account, unless its address has one. Whether it was made. */
async function signedUp(
  c: AppContext,
  { accounts }: AuthContext,
  { email, tokens }: MailContext,
  { input, values }: SignUp,
): Promise<boolean> {
  const call = c.get("call")
  const { resource } = accounts
  const guard = {
    name: ":new-address",
    where: sql`not exists (select 1 from ${tableOf(resource)} where ${columnName(resource, email.name)} = ${boundValue(resource, email.name, "@address")})`,
    values: { "@address": String(columnValue(resource, email.name, values[email.name])) },
  }
  // A write for both: what is committed takes its time.
  const nobodys = () => {
    const data = { mark: newLinkToken().hash.slice(0, 22) }
    const { hash } = newLinkToken()
    return storeLink(tokens, { hash, purpose: "verify", account: undefined, data, seconds: linkSeconds })
  }
  const collector = followedBy(call, async () => {
    await requireFree(call, resource.fields, accounts, values, email)
    return nobodys()
  })
  const own: Call = { ...call, viewer: anonymous, recalled: undefined, collector }
  try {
    await create(own, resource, input, { guard, isConfirmed: true })
    return true
  } catch (error) {
    if (error instanceof NotGuarded) return false
    // Somebody else has signed up with it at the same moment.
    const issues = error instanceof Problem && error.code === "duplicate" ? (error.issues ?? []) : []
    if (issues.length && issues.every(({ path }) => path === email.name)) return false
    throw error
  }
}

/** Throws a 409 for values of other unique columns that are taken: looked up, so that it is one whatever the address. */
async function requireFree(
  call: Call,
  fields: Record<string, Field>,
  { resource }: AuthContext["accounts"],
  values: Record<string, unknown>,
  email: Field,
): Promise<void> {
  const unique = Object.values(fields).filter(
    (field) => field.unique && field !== email && typeof values[field.name] === "string",
  )
  if (unique.length === 0) return
  const plan = planOf(resource, `own:free:${unique.map(({ name }) => name)}`, () => {
    const areTaken = unique.map(
      (field) =>
        sql`case when exists (select 1 from ${tableOf(resource)} where ${matching(field, bound(field.name))}) then 1 else 0 end`,
    )
    return { ...compile(sql`select ${sql.join(areTaken, sql`, `)}`), bounded: true }
  })
  const bounds = Object.fromEntries(
    unique.map((field) => [field.name, columnValue(resource, field.name, values[field.name])]),
  )
  const [row = []] = await call.client().query(withValues(plan, bounds, true))
  const names = unique.filter((_, i) => Number(row[i]) === 1).map(({ name }) => name)
  if (names.length) throw taken(resource, names)
}
