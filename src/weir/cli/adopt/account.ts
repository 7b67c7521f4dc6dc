import type { Table } from "drizzle-orm"
import type { AccountsOptions } from "../../resource/accounts.ts"
import type { Field, Resource, SecretInput } from "../../resource/resource.ts"

/** A table of users: the name of its export, and its columns. */
export interface Account {
  name: string
  login: string[]
  password: string
  role?: string
  /** The role of admins, where it is not `admin`. */
  admin?: string
  /** The name of the password in bodies: that of the column is taken by the column. */
  as: string
}

const login = /^(e_?mail(_?address)?|mail|user_?name|login(_?name)?|handle|nick_?name)$/i
const password =
  /(^|_)(pass(word|wd|phrase)?|pwd)(_?(hash|hashed|digest|encrypted))?$|^(hashed|encrypted)_?pass(word|wd)$/i
const role = /^(user_?)?role$/i
const admins = /^(super_?)?admin(istrator)?$/i
const tables = /^(app_?)?(users?|accounts?|members?|people|persons?|customers?|profiles?)$/i

/** `passwordHash` as `password_Hash`, so that words can be told apart. */
const spaced = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, "$1_$2")
const isNamed = (pattern: RegExp) => (field: Field) =>
  field.spec.type === "text" && pattern.test(spaced(field.name))

/** The table of users among the resources: it has a unique login and a hashed password. Undefined where none has. */
export function accountIn(resources: readonly Resource[]): Account | undefined {
  const found = resources.flatMap((resource) => accountOf(resource) ?? [])
  return found.find(({ name }) => tables.test(name)) ?? found[0]
}

function accountOf({ name, fields }: Resource): Account | undefined {
  const all = Object.values(fields)
  const logins = all.filter((field) => isNamed(login)(field) && field.unique && !field.hidden)
  const secret = all.find(isNamed(password))
  if (logins.length === 0 || !secret) return undefined
  const roleField = all.find(isNamed(role))
  const { values } = roleField?.spec ?? {}
  const admin = values?.find((value) => admins.test(value))
  return {
    name,
    login: logins.map((field) => field.name),
    password: secret.name,
    ...(roleField && (!values || admin !== undefined) ? { role: roleField.name } : {}),
    ...(admin !== undefined && admin !== "admin" ? { admin } : {}),
    as: fields.password ? "new_password" : "password",
  }
}

/** The account as `defineApi` takes it. */
export const accountOptions = ({ login: names, password: column, role: of, admin }: Account, table: Table) =>
  ({
    table,
    login: names,
    password: column,
    ...(of === undefined ? {} : { role: of }),
    ...(admin === undefined ? {} : { admin }),
  }) as unknown as AccountsOptions

/** A secret like the one that is written, to try the account with. */
export const secretFor = ({ as }: Account): SecretInput => ({
  as,
  confirm: "current_password",
  min: 8,
  max: 200,
  hash: async () => "",
  verify: async () => false,
})
