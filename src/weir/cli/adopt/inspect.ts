import type { Table } from "drizzle-orm"
import { type Api, type ApiOptions, defineApi } from "../../api.ts"
import type { Casing } from "../../db/dialect/casing.ts"
import { dialectName } from "../../db/dialect/choose.ts"
import { resourcesOf } from "../../resource/define.ts"
import { isTable } from "../../resource/load-tables.ts"
import { singularOf } from "../../resource/names.ts"
import type { Resource, ResourceOptions } from "../../resource/resource.ts"
import { admin, nobody } from "../../resource/rules.ts"
import { isOf, namesOf, whyNone } from "../generate/kinds-of-tables.ts"
import { type Account, accountIn, accountOptions, secretFor } from "./account.ts"

/** The message to the child process that loads a schema. */
export interface Question {
  /** The path of the schema's file. */
  file: string
  casing?: Casing
  /** Whether to look for a table of users. */
  accounts: boolean
}

/** A table, as a block of options is written for it. */
export interface Block {
  /** The name of its export. */
  name: string
  /** The names of its relations, as `embed` takes them. */
  embeds: string[]
  /** Its columns that are hidden. */
  hidden: string[]
  hasKey: boolean
  /** What one row is called, where the guess would have the names of the documents collide. */
  singular: string | undefined
  /** What its team should know, a line each. */
  notices: string[]
}

/** What is found in a schema. */
export interface Found {
  blocks: Block[]
  /** The tables that cannot be served, each with the reason. */
  leftOut: { name: string; why: string }[]
  account?: Account
  /** Why a table that looks like one of users is not taken for one. */
  noAccount?: string
}

/** The reply of the child process: a refusal, another dialect to load the schema under, or what is found. */
export type Reply = { refusal: string } | { isOfOther: true } | { found: Found }

async function inspect({ file, casing, accounts }: Question): Promise<Reply> {
  const schema = (await import(file)) as Record<string, unknown>
  const tables = tablesOf(schema)
  if (tables.size === 0) return { refusal: `${file} exports no table` }
  const names = namesOf([...tables.values()])
  if (!isOf(dialectName, names)) {
    const isOfOther = isOf(dialectName === "postgres" ? "sqlite" : "postgres", names)
    return isOfOther ? { isOfOther } : { refusal: whyNone([names]) }
  }
  const leftOut: Found["leftOut"] = []
  const singulars = new Map<string, string>()
  const define: Define = (own = {}) => defineAll(schema, [...tables.keys()], { casing, singulars }, own)
  const api = definedWithout(tables, define, singulars, leftOut)
  const blocks = api.resources.map((resource) => ({
    ...blockOf(resource, define),
    singular: singulars.get(resource.name),
  }))
  const found: Found = { blocks, leftOut }
  const account = accounts ? accountIn(api.resources) : undefined
  if (account) Object.assign(found, proven(account, tables.get(account.name) as Table, define))
  return { found }
}

/** The tables by the names of their exports; one that has several, by the first. */
function tablesOf(schema: Record<string, unknown>): Map<string, Table> {
  const tables = new Map<string, Table>()
  // A table that is a default export has another name as well, as a rule.
  const exports = Object.entries(schema).sort(([a], [b]) => Number(a === "default") - Number(b === "default"))
  for (const [name, value] of exports)
    if (isTable(value) && ![...tables.values()].includes(value)) tables.set(name, value)
  return tables
}

/** Puts an API of the tables together, with other options for some of them. */
type Define = (own?: { options?: Record<string, ResourceOptions>; accounts?: ApiOptions["accounts"] }) => Api

function defineAll(
  schema: Record<string, unknown>,
  names: string[],
  { casing, singulars }: { casing: Casing | undefined; singulars: Map<string, string> },
  { options = {}, accounts = false }: Parameters<Define>[0] & object,
): Api {
  const closed = { read: admin, create: admin, update: admin, delete: admin, embed: true } as const
  const all = Object.fromEntries(
    names.map((name) => {
      const singular = singulars.get(name)
      return [name, { ...closed, ...(singular && { singular }), ...options[name] }]
    }),
  )
  const resources = resourcesOf(schema, all as Parameters<typeof resourcesOf>[1])
  return defineApi({
    title: "API",
    version: "0",
    accounts,
    schema,
    resources,
    ...(casing === undefined ? {} : { casing }),
  })
}

/** The API without the tables that cannot be served, which are taken out of `tables`. */
function definedWithout(
  tables: Map<string, Table>,
  define: Define,
  singulars: Map<string, string>,
  leftOut: Found["leftOut"],
): Api {
  for (;;) {
    try {
      return define()
    } catch (error) {
      const { message } = error as Error
      const name = [...tables.keys()].find(
        (one) => message.startsWith(`${one}:`) || message.startsWith(`${one}.`),
      )
      const renamed = /give (\S+) another singular/.exec(message)?.[1]
      if (renamed !== undefined && tables.has(renamed) && !singulars.has(renamed)) {
        singulars.set(renamed, `${singularOf(renamed)}_row`)
        continue
      }
      if (name === undefined || tables.size === 1) throw error
      tables.delete(name)
      leftOut.push({ name, why: message })
    }
  }
}

function blockOf(
  { name, relations, fields, keys, notices }: Resource,
  define: Define,
): Omit<Block, "singular"> {
  return {
    name,
    // One that has the name of a column is served under another, and is named by its own.
    embeds: Object.keys(relations).map((served) => {
      const own = served.replace(/Row_*$/, "")
      return own !== served && fields[own] && isEmbed(name, own, define) ? own : served
    }),
    hidden: Object.values(fields).flatMap((field) => (field.hidden ? [field.name] : [])),
    hasKey: keys.length > 0,
    notices: notices.filter((notice) => !/ is hidden: | is embedded as /.test(notice)),
  }
}

function isEmbed(name: string, embed: string, define: Define): boolean {
  try {
    define({ options: { [name]: { embed: { [embed]: {} } } } })
    return true
  } catch {
    return false
  }
}

/** An account that `defineApi` takes, or the reason why it does not. */
function proven(account: Account, table: Table, define: Define): Partial<Found> {
  try {
    const fields = { [account.password]: { read: nobody, secret: secretFor(account) } }
    define({ options: { [account.name]: { fields } }, accounts: accountOptions(account, table) })
    return { account }
  } catch (error) {
    return { noAccount: (error as Error).message.replace(/^accounts: /, "") }
  }
}

process.once("message", async (question: Question) => {
  let reply: Reply
  try {
    reply = await inspect(question)
  } catch (error) {
    reply = { refusal: (error as Error).message.split("\n")[0] ?? "" }
  }
  process.send?.(reply, () => process.disconnect())
})
