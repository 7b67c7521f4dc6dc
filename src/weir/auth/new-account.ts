import { sql } from "drizzle-orm"
import { classify } from "../db/dialect/errors.ts"
import type { AppContext } from "../http/context.ts"
import { LaterValue } from "../lib/later-value.ts"
import { commit, type Write } from "../operations/commit.ts"
import type { Values } from "../query/query.ts"
import type { Accounts } from "../resource/accounts.ts"
import type { Field, Resource } from "../resource/resource.ts"
import { boundValue, columnName, tableOf } from "../sql/columns.ts"
import { compile, planOf, withValues } from "../sql/plan.ts"
import { type Account, accountKey, findByAddress, findByIdentity, keyIn } from "./accounts.ts"
import { audited } from "./audit.ts"
import { identitiesOf } from "./identity.ts"
import { noPassword } from "./no-password.ts"
import type { Person } from "./person.ts"
import { columnValue, returned, withMade } from "./rows.ts"

/** Most names that are tried for one account. */
const maxTries = 6

/** A name that nobody has: random letters behind what was asked for, as far as there is room. */
const suffixed = (name: string): string => `${name.slice(0, 24)}-${crypto.randomUUID().slice(0, 6)}`

/** Names as they may look in a column, the plainest last. */
const spellings = (name: string): string[] => [
  name,
  name.normalize("NFKD").replace(/[^A-Za-z0-9_.-]+/g, ""),
  name
    .normalize("NFKD")
    .replace(/[^A-Za-z0-9]+/g, "")
    .toLowerCase(),
]

const taken = ({ type }: Field, name: string): string | undefined => {
  const result = type.input().safeParse(name)
  return result.success ? String(result.data) : undefined
}

/** The value of a login column that is no address: what the person may be called, else any name. */
function nameFor(field: Field, { names, email }: Person, isRetry: boolean): string | undefined {
  for (const name of [...names, email?.split("@")[0] ?? "", "user"])
    for (const spelling of spellings(name)) {
      const value = isRetry
        ? (taken(field, suffixed(spelling)) ?? suffixedPlainly(field, spelling))
        : taken(field, spelling)
      if (value !== undefined) return value
    }
  return taken(field, crypto.randomUUID())
}

/** A column may take no hyphen. */
const suffixedPlainly = (field: Field, name: string): string | undefined =>
  taken(field, suffixed(name).replace("-", ""))

/**
 * Why no account can be made for who comes from elsewhere: a column that only a sign-up fills. Undefined where one can.
 */
export function makingRefusal(accounts: Accounts): string | undefined {
  const { resource, login, password, role } = accounts
  const filled = new Set([...login, password, ...(role?.optional === false ? [] : [role])])
  const missing = Object.values(resource.fields).find((field) => !field.optional && !filled.has(field))
  if (missing) return `${resource.name}.${missing.name} must have a value, which only a sign-up gives`
  const address = accounts.email
  const nobody: Person = { issuer: "", subject: "", names: [] }
  const nameless = login.find((field) => field !== address && nameFor(field, nobody, true) === undefined)
  return nameless && `${resource.name}.${nameless.name} takes no name that could be made`
}

/** Why somebody gets no account. */
export type NoAccount = "address_taken" | "no_address"

/**
 * Makes an account for somebody with an identity, or finds the one that a request of the same moment has made: the row
 * of the identity is unique, and both rows are written in one transaction.
 */
export async function makeAccount(
  c: AppContext,
  accounts: Accounts,
  person: Person,
): Promise<Pick<Account, "id"> | NoAccount> {
  const call = c.get("call")
  const address = accounts.email
  const email = address && person.email !== undefined ? taken(address, person.email) : undefined
  if (address && email === undefined && !address.nullable) return "no_address"
  for (let tries = 0; ; tries++)
    try {
      return await made(c, accounts, person, email, tries > 0)
    } catch (error) {
      if (classify(error)?.kind !== "unique") throw error
      const other = await findByIdentity(accounts, call.client(), person)
      if (other) return other
      if (email !== undefined && (await findByAddress(accounts, call.client(), email))) return "address_taken"
      if (tries >= maxTries) throw error
    }
}

async function made(
  c: AppContext,
  accounts: Accounts,
  person: Person,
  email: string | undefined,
  isRetry: boolean,
): Promise<Pick<Account, "id">> {
  const { resource, password, verified } = accounts
  const call = c.get("call")
  const address = accounts.email
  const names = Object.fromEntries(
    accounts.login
      .filter((field) => field !== address)
      .map((field) => [field.name, nameFor(field, person, isRetry)]),
  )
  const given: Record<string, unknown> = {
    ...names,
    ...(address && email !== undefined ? { [address.name]: email } : {}),
    [password.name]: noPassword(),
    ...(verified && email !== undefined ? { [verified.name]: new Date().toISOString() } : {}),
  }
  // The hash is nobody else's either, but no index finds it.
  const unique = accounts.login.find(({ name }) => given[name] !== undefined) ?? password
  const key = keyBy(resource, unique, given[unique.name])
  const { issuer, subject } = person
  const identity = { user_id: new LaterValue(key), issuer, subject, email: person.email }
  const account = new LaterValue(sql`cast(${key} as text)`)
  const told = { event: "identity_linked", account, details: { issuer, made: true } } as const
  const writes = [insertion(resource, given), insertion(identitiesOf(accounts), identity)]
  const [rows] = await commit(call, writes, [], undefined, audited(c, accounts, told))
  return { id: keyIn(accounts, rows?.[0]?.[1]) }
}

/** The key of the row with a value in a unique column. */
const keyBy = (resource: Resource, field: Field, value: unknown) =>
  sql`(select ${columnName(resource, accountKey(resource).name)} from ${tableOf(resource)} where ${columnName(resource, field.name)} = ${columnValue(resource, field.name, value)})`

/** The write of a row: values that the table's own code makes are encoded already. */
function insertion(resource: Resource, given: Record<string, unknown>): Write {
  const set = Object.entries(given).filter(([, value]) => value !== undefined)
  const values = withMade(
    resource,
    Object.fromEntries(set.map(([name, value]) => [name, columnValue(resource, name, value)])),
  ) as Values
  const names = Object.keys(values)
  const plan = planOf(resource, `own:account:${names}`, () => {
    const columns = names.map((name) => columnName(resource, name))
    const bounds = names.map((name) => boundValue(resource, name))
    return compile(
      sql`insert into ${tableOf(resource)} (${sql.join(columns, sql`, `)}) values (${sql.join(bounds, sql`, `)}) returning ${returned(resource)}`,
    )
  })
  return { resource, verb: "insert", values, statement: withValues(plan, values) }
}
