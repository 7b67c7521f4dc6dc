import { and, is, SQL, sql } from "drizzle-orm"
import type { Client, Statement } from "../db/driver.ts"
import { normalized } from "../fields/text.ts"
import { LaterValue } from "../lib/later-value.ts"
import type { Values } from "../query/query.ts"
import type { Accounts } from "../resource/accounts.ts"
import type { Field } from "../resource/resource.ts"
import { isPresent } from "../resource/soft-delete.ts"
import { boundValue, columnName, tableOf } from "../sql/columns.ts"
import { bound, compile, withValues } from "../sql/plan.ts"
import { accountKey, matching } from "./accounts.ts"
import { hashPassword } from "./password.ts"
import { columnValue, insertOf } from "./rows.ts"

/** Who becomes the first admin. */
export interface FirstAdmin {
  email: string
  password: string
}

/** The login column that holds the email: one of that format, else the first. */
const emailOf = ({ login }: Accounts): Field =>
  login.find(({ spec }) => spec.format === "email") ?? (login[0] as Field)

/**
 * Why the accounts cannot be given a first admin by a setting: they have no role, or a column that only a person
 * can fill. Undefined where they can.
 */
export function firstAdminRefusal(accounts: Accounts | undefined): string | undefined {
  if (!accounts) return "this API has no accounts"
  if (!accounts.role) return "its accounts have no role"
  const { resource, login, password, role } = accounts
  const filled = new Set([...login, password, role])
  const missing = Object.values(resource.fields).find((field) => !field.optional && !filled.has(field))
  if (missing) return `${resource.name}.${missing.name} must have a value, which only a sign-up gives`
  const nameless = login.find((field) => field !== emailOf(accounts) && nameFor(field) === undefined)
  return nameless && `${resource.name}.${nameless.name} takes none of the names ${adminNames.join(", ")}`
}

/** What the first admin is called, where a login column is not the email. */
export const adminNames = ["admin", "administrator"]
const nameFor = ({ type }: Field): string | undefined =>
  adminNames.find((name) => type.input().safeParse(name).success)

/**
 * Makes the first admin; does nothing where there is one. An account that has signed up with that email becomes the
 * admin, with the password of the setting, so that nobody becomes admin by signing up first.
 */
export async function ensureFirstAdmin(
  accounts: Accounts,
  client: Client,
  { email, password }: FirstAdmin,
): Promise<void> {
  const { resource, role, admin } = accounts
  const refusal = firstAdminRefusal(accounts)
  if (refusal !== undefined || !role) throw new Error(`FIRST_ADMIN_EMAIL: ${refusal}`)
  const isThere = async (field: Field, value: string, present?: SQL): Promise<boolean> => {
    const query = sql`select 1 from ${tableOf(resource)} where ${and(matching(field, bound("value")), present)} limit 1`
    return (await client.query(withValues({ ...compile(query), bounded: true }, { value }))).length > 0
  }
  if (await isThere(role, admin, isPresent(resource))) return
  const emailField = emailOf(accounts)
  const values: Values = {
    [emailField.name]: normalized(emailField.spec, email),
    [accounts.password.name]: await hashPassword(password),
    [role.name]: admin,
    ...(accounts.verified
      ? { [accounts.verified.name]: columnValue(resource, accounts.verified.name, new Date().toISOString()) }
      : {}),
  }
  for (const field of accounts.login)
    if (field !== emailField) {
      const suffix = crypto.randomUUID().slice(0, 8)
      const name = nameFor(field) ?? "admin"
      values[field.name] = (await isThere(field, name)) ? `${name}-${suffix}` : name
    }
  for (const { name, made } of Object.values(resource.fields)) {
    const value = values[name] === undefined ? made?.() : undefined
    if (value !== undefined && !is(value, SQL)) values[name] = value
  }
  const names = Object.keys(values)
  const columns = names.map((name) => columnName(resource, name))
  const bounds = names.map((name) => boundValue(resource, name))
  const { verified } = accounts
  const sets = [accounts.password, role, ...(verified ? [verified] : [])].map(
    ({ name }) => sql`${columnName(resource, name)} = ${bound(name)}`,
  )
  if (resource.softDelete) sets.push(sql`${columnName(resource, resource.softDelete.field.name)} = null`)
  const upsert = sql`insert into ${tableOf(resource)} (${sql.join(columns, sql`, `)}) values (${sql.join(bounds, sql`, `)}) on conflict (${columnName(resource, emailField.name)}) do update set ${sql.join(sets, sql`, `)}`
  await client.batch([withValues(compile(upsert), values), ...told(accounts, emailField, values)])
}

/** What tells the audit log of the first admin. */
function told({ resource, role, admin, tables }: Accounts, email: Field, values: Values): Statement[] {
  if (!tables.audit || !role) return []
  const isIt = sql`${columnName(resource, email.name)} = ${values[email.name]}`
  const key = columnName(resource, accountKey(resource).name)
  const account = new LaterValue(sql`(select cast(${key} as text) from ${tableOf(resource)} where ${isIt})`)
  const details = { role: admin, by: "FIRST_ADMIN_EMAIL" }
  return [insertOf(tables.audit, { event: "role_changed", account, details })]
}
