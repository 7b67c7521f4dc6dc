import { and, isNull, not, type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import type { Change, Statement } from "../db/driver.ts"
import type { AppContext } from "../http/context.ts"
import type { Call, Entailed } from "../operations/call.ts"
import { changeOf } from "../operations/change.ts"
import type { Write } from "../operations/commit.ts"
import type { Values } from "../query/query.ts"
import type { Accounts } from "../resource/accounts.ts"
import { isLater } from "../resource/key.ts"
import type { Field, Resource } from "../resource/resource.ts"
import type { Viewer } from "../resource/viewer.ts"
import { columnName, hasKey, keyValues, tableOf } from "../sql/columns.ts"
import { bound, compile, withValues } from "../sql/plan.ts"
import { writtenRow } from "../sql/returning.ts"
import { accountKey } from "./accounts.ts"
import type { AuditEventName } from "./audit.ts"
import { clientInfo } from "./client-info.ts"
import { requireInPerson } from "./in-person.ts"
import { isUsable } from "./usable.ts"

/** What the rows of a write become, where that is told. */
interface Becoming {
  event: AuditEventName
  /** The rows are otherwise before it. Absent where they always are. */
  differs?: SQL | undefined
  /** The rows are so after it: otherwise the rules have refused the write. */
  done: SQL
  values: Values
  details?: Record<string, unknown>
}

/** The rows of a write: whose they are, and which. */
interface Written {
  resource: Resource
  /** The column with the key of the account. */
  account: SQL
  where: SQL
  values: Values
}

/**
 * What changes of accounts entail, in their own transaction: sessions of an account end that has a new password, is
 * disabled or deleted, and the audit log tells of what the rules have let happen.
 */
export function entailing(accounts: Accounts): (c: AppContext) => Call["entailed"] {
  const { resource, tables } = accounts
  const deleted = new Map<Resource | undefined, AuditEventName>([
    [tables.keys, "key_deleted"],
    [tables.sessions, "sign_out"],
    [tables.identities, "identity_unlinked"],
  ])
  const own = new Set([
    tables.keys,
    tables.sessions,
    tables.identities,
    tables.factors,
    tables.passkeys,
    tables.tokens,
  ])
  return (c) => (write) => {
    const { viewer } = c.get("call")
    if (viewer.scopes || viewer.actor !== undefined) requireOwnDoing(accounts, viewer, write, own)
    if (write.resource === resource) return ofAccounts(c, accounts, write)
    const event = write.verb === "delete" ? deleted.get(write.resource) : undefined
    const rows = event && writtenRows(write, columnName(write.resource, "user_id"))
    if (!event || !rows) return undefined
    const entailed = told(c, accounts, rows, [{ event, done: sql`1 = 0`, values: {} }])
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
    }
  return rows && { resource, account, ...rows }
}

function ofAccounts(c: AppContext, accounts: Accounts, write: Write): Entailed | undefined {
  const { resource, role, disabled, password } = accounts
  const rows = writtenRows(write, columnName(resource, accountKey(resource).name))
  if (write.verb === "insert" || write.verb === "restore" || !rows) return undefined
  const { set = {} } = write
  const becomings: Becoming[] = []
  const newValue = (field: Field): SQL => field.type.sql.bind(bound(`@new ${field.name}`))
  const own = ({ name }: Field): SQL => columnName(resource, name)
  const isSet = (field: Field | undefined): field is Field =>
    field !== undefined && set[field.name] !== undefined
  if (isSet(role)) {
    const same = sql`${own(role)} = ${newValue(role)}`
    becomings.push({
      event: "role_changed",
      differs: sql`(${same}) is not true`,
      done: same,
      values: { [`@new ${role.name}`]: set[role.name] },
      details: { role: set[role.name] },
    })
  }
  if (isSet(disabled)) {
    const enabled = set[disabled.name] === null
    const none = isNull(disabled.column)
    becomings.push({
      event: enabled ? "enabled" : "disabled",
      differs: enabled ? not(none) : none,
      done: enabled ? none : not(none),
      values: {},
    })
  }
  if (isSet(password))
    becomings.push({
      event: "password_changed",
      done: sql`${own(password)} = ${newValue(password)}`,
      values: { [`@new ${password.name}`]: set[password.name] },
    })
  const { before, after } = told(c, accounts, rows, becomings)
  return { before, after: [...after, ...endings(accounts, rows, becomings, write)] }
}

/** The statements that end the sessions of accounts that have a new password, or cannot be used. */
function endings(accounts: Accounts, rows: Written, becomings: Becoming[], { verb }: Write): Statement[] {
  const { sessions } = accounts.tables
  if (!sessions) return []
  const passworded = becomings.find(({ event }) => event === "password_changed")
  const usable = isUsable(accounts)
  const mayEnd = verb === "delete" || becomings.some(({ event }) => event === "disabled")
  const conditions = [passworded?.done, mayEnd && usable ? not(usable) : undefined].filter(
    (one) => one !== undefined,
  )
  return conditions.map((condition) => {
    const ended = sql`select ${rows.account} from ${tableOf(rows.resource)} where ${and(rows.where, condition)}`
    const plan = compile(
      sql`delete from ${tableOf(sessions)} where ${columnName(sessions, "user_id")} in (${ended})`,
    )
    const change: Change = { ...changeOf(sessions, "delete"), moves: true }
    return { ...withValues(plan, { ...rows.values, ...passworded?.values }), change }
  })
}

/**
 * The statements that tell the audit log: before the write, of the rows that are otherwise; after it, of those alone that it
 * has changed. A mark of its own tells them from what was told before.
 */
function told(c: AppContext, accounts: Accounts, rows: Written, becomings: Becoming[]): Entailed {
  const { audit } = accounts.tables
  if (!audit || becomings.length === 0) return { before: [], after: [] }
  const { viewer } = c.get("call")
  const { device, address } = clientInfo(c)
  const mark = crypto.randomUUID()
  const column = (name: string) => columnName(audit, name)
  const account = sql`cast(${rows.account} as text)`
  const from = sql`from ${tableOf(rows.resource)} where ${rows.where}`
  const values: Values = {
    ...rows.values,
    "@mark": mark,
    "@actor": viewer.id === undefined ? null : String(viewer.actor ?? viewer.id),
    "@device": device ?? null,
    "@address": address ?? null,
    "@request": c.get("requestId").slice(0, 200),
  }
  const change = changeOf(audit, "insert")
  const moved: Change = { ...changeOf(audit, "update"), moves: true }
  const before = becomings.map(({ event, differs, details, values: own }): Statement => {
    const names = ["event", "account", "actor", "device", "address", "request_id", "details"].map(column)
    const text = (name: string) => sql`cast(${bound(name)} as text)`
    const json = audit.fields.details?.type.sql.bind(bound("@details")) ?? bound("@details")
    const plan = compile(
      sql`insert into ${tableOf(audit)} (${sql.join(names, sql`, `)}) select ${text("@event")}, ${account}, ${text("@actor")}, ${text("@device")}, ${text("@address")}, ${text("@mark")}, ${json} ${from}${differs ? sql` and ${differs}` : sql``}`,
    )
    const told = { "@event": event, "@details": details ? JSON.stringify(details) : null }
    return { ...withValues(plan, { ...values, ...own, ...told }), change }
  })
  const after = becomings.map(({ event, done, values: own }): Statement => {
    const plan = compile(
      sql`delete from ${tableOf(audit)} where ${column("request_id")} = ${bound("@mark")} and ${column("event")} = ${bound("@event")} and ${column("account")} in (select ${account} ${from} and (${done}) is not true)`,
    )
    return { ...withValues(plan, { ...values, ...own, "@event": event }), change: moved }
  })
  const named = compile(
    sql`update ${tableOf(audit)} set ${column("request_id")} = ${bound("@request")} where ${column("request_id")} = ${bound("@mark")}`,
  )
  return { before, after: [...after, { ...withValues(named, values), change: moved }] }
}
