import { and, isNull, not, type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import type { Change, Statement } from "../db/driver.ts"
import type { AppContext } from "../http/context.ts"
import type { Call, Entailed } from "../operations/call.ts"
import { changeOf } from "../operations/change.ts"
import type { Write } from "../operations/commit.ts"
import type { Accounts } from "../resource/accounts.ts"
import { isLater } from "../resource/key.ts"
import type { Field, Resource } from "../resource/resource.ts"
import { isPresent } from "../resource/soft-delete.ts"
import { isAdmin, type Viewer } from "../resource/viewer.ts"
import { boundValue, columnName, hasKey, keyValues, tableOf } from "../sql/columns.ts"
import { bound, compile, withValues } from "../sql/plan.ts"
import { writtenRow } from "../sql/returning.ts"
import { accountKey } from "./accounts.ts"
import type { AuditEventName } from "./audit.ts"
import { requireInPerson } from "./in-person.ts"
import { type Becoming, planOfRows, type Teller, told, toldOfNew, type Written } from "./told.ts"
import { isUsable } from "./usable.ts"

/** What is told of a row of an account that is deleted: the event, and columns of the row by what they are called. */
type Deleted = [event: AuditEventName, columns: Record<string, string>]

const nothing: Entailed = { before: [], after: [] }

/**
 * What changes of accounts entail, in their own transaction: sessions of an account end that has a new password, is
 * disabled or deleted, and the audit log tells of what the rules have let happen. `details` are what each line has.
 */
export function entailing(
  accounts: Accounts,
): (c: AppContext, details?: Record<string, unknown>) => NonNullable<Call["entailed"]> {
  const { resource, tables } = accounts
  const { audit } = tables
  const deleted = new Map<Resource | undefined, Deleted>([
    [tables.keys, ["key_deleted", { key: "id", name: "name" }]],
    [tables.sessions, ["sign_out", { session: "id" }]],
    [tables.identities, ["identity_unlinked", { issuer: "issuer" }]],
  ])
  const own = new Set([
    tables.keys,
    tables.sessions,
    tables.identities,
    tables.factors,
    tables.passkeys,
    tables.tokens,
  ])
  return (c, details) => (write) => {
    const { viewer } = c.get("call")
    if (viewer.scopes || viewer.actor !== undefined) requireOwnDoing(accounts, viewer, write, own)
    const teller = audit && { c, audit, details }
    if (write.resource === resource) return ofAccounts(accounts, write, viewer, teller)
    const [event, columns] = (write.verb === "delete" && deleted.get(write.resource)) || []
    const rows = event && writtenRows(write, columnName(write.resource, "user_id"))
    if (!event || !rows) return undefined
    const becoming = { event, done: sql`1 = 0`, values: {}, columns }
    const entailed = teller ? told(teller, rows, [becoming]) : nothing
    return write.resource === tables.identities
      ? { ...entailed, before: [...oneAtATime(rows), ...entailed.before] }
      : entailed
  }
}

/** Two deletes at once would each take the other's row for the way in that is left. */
function oneAtATime({ resource, account, where, values }: Written): Statement[] {
  const owner = sql`weir_owner`
  const owners = sql`(select ${account} as ${owner} from ${tableOf(resource)} where ${where}) as owners`
  const lock = expressions.lockEach?.(`weir ${resource.name} `, owner, owners)
  return lock ? [withValues(compile(lock), values)] : []
}

/**
 * Throws a 403 for what neither a key nor who acts as another does to accounts: they change no password, no role and no name
 * to sign in by, and make no admin; who acts as another also deletes no account and leaves its ways in as they are.
 */
function requireOwnDoing(
  { resource, role, admin, password, login }: Accounts,
  viewer: Viewer,
  { resource: of, verb, set, values = {} }: Write,
  own: ReadonlySet<Resource | undefined>,
): void {
  const isActing = viewer.actor !== undefined
  if (isActing && own.has(of)) requireInPerson(viewer, `change its ${of.name}`)
  if (of !== resource) return
  if (isActing && verb === "delete") requireInPerson(viewer, "delete the account")
  const protectedFields = [password, ...(role ? [role] : []), ...(isActing ? login : [])]
  const sets = verb === "insert" ? undefined : protectedFields.find(({ name }) => set?.[name] !== undefined)
  if (sets) requireInPerson(viewer, `set ${sets.secret?.as ?? sets.name}`)
  if (role && values[role.name] === admin) requireInPerson(viewer, "make an admin")
}

function writtenRows({ resource, key, rows }: Write, account: SQL): Written | undefined {
  if (key !== undefined && !isLater(key))
    return {
      resource,
      account,
      where: hasKey(resource, writtenRow(resource)),
      values: keyValues(resource, key),
      shape: "one",
    }
  return rows && { resource, account, ...rows }
}

function ofAccounts(
  accounts: Accounts,
  write: Write,
  viewer: Viewer,
  teller: Teller | undefined,
): Entailed | undefined {
  const { resource } = accounts
  const account = columnName(resource, accountKey(resource).name)
  const made = teller && madeOf(accounts, write, viewer, teller, account)
  const rows = writtenRows(write, account)
  if (write.verb === "insert" || write.verb === "restore" || !rows) return made && { before: [], after: made }
  const becomings = becomingsOf(accounts, write)
  const { before, after } = teller ? told(teller, rows, becomings) : nothing
  return { before, after: [...after, ...(made ?? []), ...endings(accounts, rows, becomings, write)] }
}

/**
 * The statements that tell of a new account: of one that an admin makes, and of one that something else than a sign-up does.
 * The hash of its password has a salt of its own, so that it is no other's.
 */
function madeOf(
  { resource, login, password, role }: Accounts,
  { verb, values = {} }: Write,
  viewer: Viewer,
  teller: Teller,
  account: SQL,
): Statement[] | undefined {
  if (verb !== "insert" || !(isAdmin(viewer.kind) || teller.details)) return undefined
  const known = [password, ...login].filter(({ name }) => typeof values[name] === "string")
  if (known[0] !== password) return undefined
  const where = and(
    ...known.map(({ name }) => sql`${columnName(resource, name)} = ${boundValue(resource, name)}`),
  ) as SQL
  const given = role && values[role.name]
  const rows = { resource, account, where, values, shape: `new ${known.map(({ name }) => name)}` }
  return [toldOfNew(teller, rows, "account_made", given === undefined ? {} : { role: given })]
}

/** What the columns that a write sets make of accounts, as far as it is told. */
function becomingsOf({ resource, ...accounts }: Accounts, { verb, set = {} }: Write): Becoming[] {
  const own = ({ name }: Field): SQL => columnName(resource, name)
  const becomings: Becoming[] = []
  const add = (event: AuditEventName, done: SQL, differs?: SQL, more: Partial<Becoming> = {}): void =>
    void becomings.push({ event, done, differs, values: {}, ...more })
  const another = (
    event: AuditEventName,
    field: Field | undefined,
    details?: Record<string, unknown>,
    isNew = false,
  ): void => {
    const value = field && set[field.name]
    if (!field || value === undefined) return
    const name = `@new ${field.name}`
    const same = sql`${own(field)} = ${field.type.sql.bind(bound(name))}`
    add(event, same, isNew ? undefined : sql`(${same}) is not true`, { values: { [name]: value }, details })
  }
  const since = (given: AuditEventName, taken: AuditEventName, field: Field | undefined): void => {
    if (!field || set[field.name] === undefined) return
    const none = isNull(field.column)
    if (set[field.name] === null) add(taken, none, not(none))
    else add(given, not(none), none)
  }
  const { role, email, password, verified, disabled } = accounts
  another("role_changed", role, role && { role: set[role.name] })
  another("email_changed", email)
  another("password_changed", password, undefined, true)
  since("verified", "unverified", verified)
  since("disabled", "enabled", disabled)
  if (verb === "delete") {
    const present = isPresent(resource)
    add("account_deleted", present ? not(present) : sql`1 = 0`, present)
  }
  return becomings
}

/** The statements that end the sessions of accounts that have a new password, or cannot be used. */
function endings(accounts: Accounts, rows: Written, becomings: Becoming[], { verb }: Write): Statement[] {
  const { sessions } = accounts.tables
  if (!sessions) return []
  const passworded = becomings.find(({ event }) => event === "password_changed")
  const usable = isUsable(accounts)
  const mayEnd = verb === "delete" || becomings.some(({ event }) => event === "disabled")
  const change: Change = { ...changeOf(sessions, "delete"), moves: true }
  const ending = (name: string, condition: SQL): Statement => {
    const make = () => {
      const ended = sql`select ${rows.account} from ${tableOf(rows.resource)} where ${and(rows.where, condition)}`
      return compile(
        sql`delete from ${tableOf(sessions)} where ${columnName(sessions, "user_id")} in (${ended})`,
      )
    }
    const plan = planOfRows(rows, `ends:${name}`, make)
    return { ...withValues(plan, { ...rows.values, ...passworded?.values }), change }
  }
  return [
    ...(passworded ? [ending("password", passworded.done)] : []),
    ...(mayEnd && usable ? [ending("usable", not(usable))] : []),
  ]
}
