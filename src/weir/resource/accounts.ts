import { getTableName, type Table } from "drizzle-orm"
import type { Field, Resource } from "./resource.ts"
import { isOpen } from "./rules.ts"
import { viewerKinds } from "./viewer.ts"

type ColumnOf<T extends Table> = keyof T["_"]["columns"] & string

/** Which table holds the API's viewers, and which of its columns say what of them. */
export interface AccountsOptions<T extends Table = Table> {
  table: T
  /** The columns whose values one signs in with; where a name fits several rows, the first column decides. */
  login: readonly [ColumnOf<T>, ...ColumnOf<T>[]]
  /** The column of hashed passwords. */
  password: ColumnOf<T>
  /** The column that says what a viewer may do. Default: nobody is an admin. */
  role?: ColumnOf<T>
  /** The role of admins. Default: `admin`. */
  admin?: string
}

/** The accounts of an API, resolved. */
export interface Accounts {
  resource: Resource
  login: Field[]
  password: Field
  role: Field | undefined
  admin: string
}

/** Resolves the accounts among the resources. Throws one line that names what is wrong. */
export function accountsOf(options: AccountsOptions, resources: readonly Resource[]): Accounts {
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
  return { resource, login, password, role, admin }
}

/** Throws where passwords can be read, or be stored as they are sent. */
function checkPassword({ name, rules }: Resource, { name: column, read, write, secret }: Field): void {
  if (viewerKinds.some((kind) => isOpen(rules.read, kind) && isOpen(read, kind)))
    throw new Error(`accounts: ${name}.${column} can be read: give the field read: nobody`)
  const written = (["create", "update"] as const).some((action) =>
    viewerKinds.some((kind) => isOpen(rules[action], kind) && write && isOpen(write[action], kind)),
  )
  if (written && !secret)
    throw new Error(`accounts: ${name}.${column} would be stored as it is sent: give the field a secret`)
}

/** Throws where whoever signs up could make itself an admin. */
function checkRole({ name, rules }: Resource, { name: column, write }: Field): void {
  const free = (["anonymous", "user"] as const).find(
    (kind) =>
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
