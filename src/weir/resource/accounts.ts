import { getTableName, type Table } from "drizzle-orm"
import type { AccountResources, AccountTables } from "./account-resources.ts"
import { checkIssuers, type IssuerOptions } from "./issuers.ts"
import type { Field, Resource } from "./resource.ts"
import { isOpen, rolesIn } from "./rules.ts"
import { viewerKinds } from "./viewer.ts"
import { isAdmin } from "./viewer-kind.ts"

type ColumnOf<T extends Table> = keyof T["_"]["columns"] & string

/** Which table holds the API's viewers, and which of its columns say what of them. */
export interface AccountsOptions<T extends Table = Table> extends AccountTables {
  table: T
  /** The columns whose values one signs in with; where a name fits several rows, the first column decides. */
  login: readonly [ColumnOf<T>, ...ColumnOf<T>[]]
  /** The column of hashed passwords. */
  password: ColumnOf<T>
  /** The column that says what a viewer may do. Default: nobody is an admin. */
  role?: ColumnOf<T>
  /** The role of admins. Default: `admin`. */
  admin?: string
  /** The column, of a time, that says since when an account is disabled: nobody is signed in to it. */
  disabled?: ColumnOf<T>
  /** The column, of a time, that says when the address was verified. */
  verified?: ColumnOf<T>
  /**
   * Whether who signs up must verify the address before signing in; a sign-up is then answered alike whether the address
   * is known or not. Needs `verified` and `tokens`. Default: false.
   */
  confirm?: boolean
  /** The column, of a time, that says when the account was used last, to the hour. */
  lastSeen?: ColumnOf<T>
  /** Other issuers whose access tokens are accepted, beside those of `AUTH_ISSUERS`. */
  issuers?: readonly IssuerOptions[]
  /**
   * Whether a browser may keep its session in cookies that no script reads: who sends `cookie=true` with a sign-in. Needs
   * `sessions`. Default: false.
   */
  cookies?: boolean
  /** Who may do nothing before it has a second factor: admins, or the accounts of these roles. */
  requireFactor?: "admin" | readonly string[]
}

/** The accounts of an API, resolved. */
export interface Accounts {
  resource: Resource
  login: Field[]
  /** The login column that holds the address of its mail, where one does. */
  email: Field | undefined
  password: Field
  role: Field | undefined
  admin: string
  disabled: Field | undefined
  verified: Field | undefined
  /** Whether addresses are verified before anybody signs in. */
  confirm: boolean
  lastSeen: Field | undefined
  issuers: readonly IssuerOptions[]
  /** Whether sessions may be in cookies. */
  cookies: boolean
  /** The roles that need a second factor. */
  requireFactor: readonly string[]
  /** What serves the passkeys of the accounts, where they have some. */
  passkeyServer: object | undefined
  /** The resources of the tables that the accounts use. */
  tables: AccountResources
}

/** Resolves the accounts among the resources. Throws one line that names what is wrong. */
export function accountsOf(
  options: AccountsOptions,
  resources: readonly Resource[],
  tables: AccountResources,
): Accounts {
  const name = getTableName(options.table)
  const resource = resources.find(({ table }) => table === options.table)
  if (!resource) throw new Error(`accounts: the table ${name} is no resource; one that is closed will do`)
  if (resource.keys.length !== 1) throw new Error(`accounts: the key of ${name} must be one column`)
  const column = (what: string, text: string): Field => {
    const field = Object.hasOwn(resource.fields, text) ? resource.fields[text] : undefined
    if (!field) throw new Error(`accounts: ${what} names "${text}", which is no column of ${name}`)
    if (field.spec.type !== "text") throw new Error(`accounts: ${what} names "${text}", which holds no text`)
    return field
  }
  const login = options.login.map((text) => column("login", text))
  const loose = login.find(({ unique }) => !unique)
  if (loose) throw new Error(`accounts: login names "${loose.name}", which must be unique()`)
  const admin = options.admin ?? "admin"
  const role = options.role === undefined ? undefined : column("role", options.role)
  if (role?.spec.values && !role.spec.values.includes(admin))
    throw new Error(`accounts: admin is "${admin}", which is no value of ${name}.${role.name}`)
  const password = column("password", options.password)
  checkPassword(resource, password)
  if (role) checkRole(resource, role)
  checkRoleNames(resource, role, resources)
  const time = (what: "disabled" | "verified" | "lastSeen") => timeOf(resource, what, options[what])
  const times = { disabled: time("disabled"), verified: time("verified"), lastSeen: time("lastSeen") }
  requireApart(options)
  const requireFactor = requiredFactors(options, role, admin)
  const issuers = checkIssuers(options.issuers ?? [], "accounts.issuers")
  const email = login.find(({ spec }) => spec.format === "email")
  const { confirm = false } = options
  if (confirm && !(times.verified && tables.tokens && email))
    throw new Error("accounts: confirm needs verified, tokens, and a login column of the format email")
  const { cookies = false } = options
  if (cookies && !tables.sessions) throw new Error("accounts: cookies needs sessions")
  if (tables.passkeys && !(options.passkeys?.server && tables.tokens && tables.sessions))
    throw new Error(
      "accounts: passkeys takes passkeys(table) of #weir/passkeys, and needs tokens and sessions",
    )
  const roles = { role, admin, requireFactor }
  const passkeyServer = options.passkeys?.server
  const served = { confirm, cookies, issuers, passkeyServer, tables }
  return { resource, login, email, password, ...roles, ...times, ...served }
}

/** Throws where two of the options name one column: what is set by one would be read by the other. */
function requireApart({ login, password, role, disabled, verified, lastSeen }: AccountsOptions): void {
  const named = new Map<string, string>()
  const all = { password, role, disabled, verified, lastSeen }
  for (const [what, column] of [...login.map((one) => ["login", one]), ...Object.entries(all)] as [
    string,
    string | undefined,
  ][]) {
    const other = column && named.get(column)
    if (other) throw new Error(`accounts: ${other} and ${what} name the same column, "${column}"`)
    if (column) named.set(column, what)
  }
}

/** The roles that need a second factor. Throws where there can be none, and where no account can have such a role. */
function requiredFactors(
  { factors, passkeys, tokens, requireFactor = [] }: AccountsOptions,
  role: Field | undefined,
  admin: string,
): readonly string[] {
  if (factors && !tokens)
    throw new Error(
      "accounts: factors needs tokens as well: what stands between password and code is kept there",
    )
  const roles = requireFactor === "admin" ? [admin] : requireFactor
  if (roles.length === 0) return roles
  if (!factors && !passkeys)
    throw new Error("accounts: requireFactor needs factors, the table account_factors, or passkeys")
  if (!role) throw new Error("accounts: requireFactor names roles, and the accounts have none")
  const wrong = roles.find((text) => role.spec.values && !role.spec.values.includes(text))
  if (wrong !== undefined)
    throw new Error(`accounts: requireFactor names "${wrong}", which is no value of the column ${role.name}`)
  return roles
}

/** A column that holds a time or null, and that only admins set. */
function timeOf(
  { name, fields, rules }: Resource,
  what: string,
  column: string | undefined,
): Field | undefined {
  if (column === undefined) return undefined
  const field = Object.hasOwn(fields, column) ? fields[column] : undefined
  if (!field) throw new Error(`accounts: ${what} names "${column}", which is no column of ${name}`)
  if (field.spec.type !== "timestamp" || !field.nullable)
    throw new Error(`accounts: ${what} names "${column}", which must be a time, and nullable`)
  const { write } = field
  const open = (action: "create" | "update") =>
    viewerKinds().some(
      (kind) => write && !isAdmin(kind) && isOpen(rules[action], kind) && isOpen(write[action], kind),
    )
  if (open("create") || open("update"))
    throw new Error(
      `accounts: ${name}.${column} can be set by others than admins: give the field write: admin`,
    )
  return field
}

/** Throws where a rule names a role that no account can have. */
function checkRoleNames({ name }: Resource, role: Field | undefined, resources: readonly Resource[]): void {
  for (const one of resources) {
    const fields = Object.values(one.fields).flatMap(({ read, write }) => [
      read,
      ...Object.values(write ?? {}),
    ])
    const names = [...Object.values(one.rules), ...fields].flatMap(rolesIn)
    const where = `${one.name}: a rule names role("`
    if (names.length && !role) throw new Error(`${where}${names[0]}"), and the accounts have no role`)
    const wrong = names.find((text) => role?.spec.values && !role.spec.values.includes(text))
    if (wrong !== undefined) throw new Error(`${where}${wrong}"), which is no value of ${name}.${role?.name}`)
  }
}

/** Throws where passwords can be read, or be stored as they are sent. */
function checkPassword({ name, rules }: Resource, { name: column, read, write, secret }: Field): void {
  if (viewerKinds().some((kind) => isOpen(rules.read, kind) && isOpen(read, kind)))
    throw new Error(`accounts: ${name}.${column} can be read: give the field read: nobody`)
  const written = (["create", "update"] as const).some((action) =>
    viewerKinds().some((kind) => isOpen(rules[action], kind) && write && isOpen(write[action], kind)),
  )
  if (written && !secret)
    throw new Error(`accounts: ${name}.${column} would be stored as it is sent: give the field a secret`)
}

/** Throws where whoever signs up could make itself an admin. */
function checkRole({ name, rules }: Resource, { name: column, write }: Field): void {
  const free = viewerKinds().find(
    (kind) =>
      !isAdmin(kind) &&
      write &&
      (["create", "update"] as const).some(
        (action) => isOpen(rules[action], kind) && isOpen(write[action], kind),
      ),
  )
  if (free)
    throw new Error(
      `accounts: ${name}.${column} can be set by whoever is ${free}: give the field write: admin`,
    )
}
