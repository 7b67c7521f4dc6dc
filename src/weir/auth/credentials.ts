import { and, eq, type SQL, sql } from "drizzle-orm"
import type { Row } from "../db/driver.ts"
import type { Accounts } from "../resource/accounts.ts"
import type { Resource } from "../resource/resource.ts"
import type { ViewerGuard } from "../resource/viewer.ts"
import { columnName } from "../sql/columns.ts"
import { bound, compile, type Plan, planOf } from "../sql/plan.ts"
import { accountKey } from "./accounts.ts"
import { hasIdentity, type Identity } from "./identity.ts"
import { adminsFactorSql, lacksFactor, lacksFactorSql } from "./required-factor.ts"
import type { Claims } from "./token.ts"
import { isUsable } from "./usable.ts"

/** What an account's row says of it as a viewer. */
export interface Credentials {
  role: string
  password: string
  /** Whether it needs a second factor, and has none. */
  lacksFactor: boolean
}

/** What of a token is looked up: its account, and what else must be there for it to hold. */
export interface Looked extends Pick<Claims, "userId" | "session" | "actor"> {
  /** What the issuer of the token calls the account. */
  identity?: Identity | undefined
}

/** The parts of a look-up, by which its statements differ. */
const formOf = ({ session, actor, identity }: Looked): string =>
  `${session === undefined ? "" : ":session"}${actor === undefined ? "" : ":actor"}${identity ? ":identity" : ""}`

/** The role of an account, empty where accounts have none. */
const roleSql = ({ role }: Accounts): SQL => (role ? sql`${role.column}` : sql`''`)

/** The session is there, and it is of that account: of the admin, where one acts as another. */
function isSession(sessions: Resource, { actor }: Looked, names: Names): SQL {
  const owner = actor === undefined ? names.account : names.actor
  return sql`exists (select 1 from ${sessions.table} where ${columnName(sessions, "id")} = ${bound(names.session)} and ${columnName(sessions, "user_id")} = ${bound(owner)})`
}

/** Who acts as another is an admin still, with the second factor that admins may need. */
function isActing(accounts: Accounts, names: Names): SQL {
  const { resource, role, admin } = accounts
  const alias = sql.identifier("@actor")
  const key = accountKey(resource)
  const own = (name: string) => sql`${alias}.${sql.identifier(name)}`
  const { softDelete } = resource
  const where = and(
    sql`${own(key.column.name)} = ${bound(names.actor)}`,
    role ? sql`${own(role.column.name)} = ${admin}` : sql`1 = 0`,
    accounts.disabled && sql`${own(accounts.disabled.column.name)} is null`,
    softDelete && sql`${own(softDelete.field.column.name)} is null`,
    adminsFactorSql(accounts, sql`${bound(names.actor)}`),
  )
  return sql`exists (select 1 from ${resource.table} ${alias} where ${where})`
}

/** Nobody acts as an admin, also where the account has become one since. */
const mayBe = ({ role, admin }: Accounts, { actor }: Looked): SQL | undefined =>
  role && actor !== undefined ? sql`${role.column} <> ${admin}` : undefined

/** The names by which a look-up binds its values. */
interface Names {
  account: string
  session: string
  actor: string
  /** Before the names of an identity's columns. */
  identity: string
}
const plainNames: Names = { account: "id", session: "session", actor: "actor", identity: "" }
const guardNames: Names = {
  account: "@guardKey",
  session: "@guardSession",
  actor: "@guardActor",
  identity: "@guard:",
}

/** What must hold beside the account's own row. */
function others(accounts: Accounts, looked: Looked, names: Names): SQL[] {
  const { sessions, identities } = accounts.tables
  return [
    ...(looked.identity && identities ? [hasIdentity(identities, bound(names.account), names.identity)] : []),
    ...(looked.session !== undefined && sessions ? [isSession(sessions, looked, names)] : []),
    ...(looked.actor === undefined ? [] : [isActing(accounts, names)]),
  ]
}

/** The statement that reads role and password of an account, where its token may hold. */
export const lookPlan = (accounts: Accounts, looked: Looked): Plan =>
  planOf(accounts.resource, `look${formOf(looked)}:${accounts.requireFactor}`, () => {
    const { resource, password } = accounts
    const own = sql`${accountKey(resource).column} = ${bound("id")}`
    const where = and(
      own,
      isUsable(accounts),
      mayBe(accounts, looked),
      ...others(accounts, looked, plainNames),
    )
    const lacks = lacksFactorSql(accounts, bound("id"))
    const columns = [roleSql(accounts), sql`${password.column}`, ...lacks]
    return {
      ...compile(sql`select ${sql.join(columns, sql`, `)} from ${resource.table} where ${where}`),
      bounded: true,
    }
  })

/** The values that `lookPlan` binds. */
export const lookValues = ({ userId, session, actor, identity }: Looked) => ({
  id: userId,
  session,
  actor,
  ...identity,
})

/** The credentials that a look-up has read. */
export function credentialsIn(accounts: Accounts, row: Row | undefined): Credentials | undefined {
  const [role, password, lacks] = row ?? []
  return typeof role === "string" && typeof password === "string"
    ? { role, password, lacksFactor: lacksFactor(accounts, lacks) }
    : undefined
}

/** Makes the condition that an account still has the credentials remembered of it, and its token still holds. */
export function guardsOf(accounts: Accounts): (looked: Looked, credentials: Credentials) => ViewerGuard {
  const conditions = new Map<string, SQL>()
  return (looked, { role, password }) => {
    const form = formOf(looked)
    const where = conditions.get(form) ?? unchanged(accounts, looked)
    conditions.set(form, where)
    return {
      name: `${form}:${accounts.requireFactor}`,
      where,
      values: {
        "@guardKey": looked.userId,
        "@guardRole": role,
        "@guardPassword": password,
        ...(looked.session === undefined ? {} : { "@guardSession": looked.session }),
        ...(looked.actor === undefined ? {} : { "@guardActor": looked.actor }),
        ...(looked.identity
          ? { "@guard:issuer": looked.identity.issuer, "@guard:subject": looked.identity.subject }
          : {}),
      },
    }
  }
}

function unchanged(accounts: Accounts, looked: Looked): SQL {
  const { resource, role, password } = accounts
  const row = and(
    eq(accountKey(resource).column, sql`${bound("@guardKey")}`),
    role && eq(role.column, sql`${bound("@guardRole")}`),
    eq(password.column, sql`${bound("@guardPassword")}`),
    isUsable(accounts),
    mayBe(accounts, looked),
  )
  const own = sql`exists (select 1 from ${resource.table} where ${row})`
  return sql.join([own, ...others(accounts, looked, guardNames)], sql` and `)
}
