import type { Table } from "drizzle-orm"
import { checkCollections } from "./documents/check.ts"
import { type HandwrittenRoute, type License, needsViewer } from "./http/route.ts"
import { type MailLinks, mailLinksOf } from "./mail/links.ts"
import type { SendMail } from "./mail/message.ts"
import { accountResources } from "./resource/account-resources.ts"
import { type Accounts, type AccountsOptions, accountsOf } from "./resource/accounts.ts"
import { ApiTables } from "./resource/api-tables.ts"
import { checkResources, servedPaths } from "./resource/checks.ts"
import { operationNames } from "./resource/document-names.ts"
import { linkHistory } from "./resource/history.ts"
import { type Casing, loadSchema } from "./resource/load-tables.ts"
import { checkNestedCreates } from "./resource/nested-creates.ts"
import { linkReferences } from "./resource/references.ts"
import { linkRelations } from "./resource/relations.ts"
import type { Resource } from "./resource/resource.ts"
import { keepsRecords } from "./resource/write-records.ts"

/** What an API is made of. */
export interface ApiOptions<T extends Table = Table> {
  /**
   * The whole schema, `import * as schema`: the relations and tables that the resources alone do not lead to, and what
   * `c.var.db.query` reads.
   */
  schema?: Record<string, unknown>
  /** Drizzle's option: how columns without a name of their own are called in the database. */
  casing?: Casing
  /** The API's name, in its documents and as the issuer of its tokens. */
  title: string
  version: string
  /** For the documents, in Markdown. */
  description?: string
  /** Under which license the API may be used. Default: proprietary, all rights reserved. */
  license?: License
  /** What the tags of the documents are for, by name: a resource's tag is its name. */
  tags?: Record<string, string>
  /** Whether `/docs` keeps a reader's token in the browser, for its next visit. Default: false. */
  persistAuthorization?: boolean
  /** Who may sign in; `false` for an API without accounts of its own. */
  accounts: AccountsOptions<T> | false
  resources: readonly Resource[]
  /** The table of the versions of rows, `rowHistory` of `#weir/schema`, where a resource has `history`. */
  history?: Table
  /**
   * The table of records, `writeRecords` of `#weir/schema`, which the schema exports: with it, writes take an
   * `Idempotency-Key`.
   */
  records?: Table
  /** Sends the mail of the accounts, in place of what the settings name. */
  sendMail?: SendMail
  /** Where the links in mail lead, below `APP_URL`; `{token}` stands for the token. */
  mailLinks?: Partial<MailLinks>
  /** Hand-written routes. They come before the resources' own, so that `/users/export` is not taken for an id. */
  routes?: readonly HandwrittenRoute[]
}

/** An API, checked and linked. */
export interface Api {
  schema: Record<string, unknown>
  casing: Casing | undefined
  /** The table of the versions of rows, where they are kept. */
  history: Table | undefined
  /** What the team should know of its tables, a line each: it is said at start. */
  notices: readonly string[]
  title: string
  version: string
  description: string | undefined
  license: License
  tags: Record<string, string>
  persistAuthorization: boolean
  /** The issuer of its tokens (`iss`, RFC 7519): the title as one word. */
  issuer: string
  accounts: Accounts | undefined
  /** Whether it keeps records of writes. */
  records: boolean
  resources: readonly Resource[]
  routes: readonly HandwrittenRoute[]
  sendMail: SendMail | undefined
  mailLinks: MailLinks
}

/**
 * Puts an API together. Throws one line that names the culprit, at load: two resources on one path, a rule that
 * names no column, a name that the database would cut off.
 *
 * @example
 * export const api = defineApi({
 *   title: "Notes",
 *   version: "1.0.0",
 *   accounts: { table: users, login: ["email"], role: "role", password: "hashed_password" },
 *   resources,
 *   routes: [stats],
 * })
 */
export function defineApi<T extends Table>(options: ApiOptions<T>): Api {
  const { title, version, description, routes = [], license = proprietary } = options
  if (!/[A-Za-z0-9]/.test(title)) throw new Error("defineApi: title must hold a letter or a digit")
  if (!license.name || "identifier" in license === "url" in license)
    throw new Error("defineApi: license must have a name, and either an SPDX identifier or a url")
  const { schema = {}, casing, history } = options
  const own = options.accounts
    ? accountResources(
        options.accounts,
        { users: options.accounts.table, password: options.accounts.password },
        options.resources,
      )
    : undefined
  const resources = [...new Set([...options.resources, ...Object.values(own ?? {}).filter(isThere)])]
  loadSchema(resources, history ? { ...schema, history } : schema, casing)
  linkRelations(resources, new ApiTables(resources, schema))
  linkReferences(resources)
  linkHistory(resources, history)
  checkResources(resources)
  checkCollections(resources)
  const accounts =
    options.accounts && own
      ? accountsOf(options.accounts as unknown as AccountsOptions, resources, own)
      : undefined
  if (accounts) {
    accounts.resource.holdsViewers = true
    accounts.resource.loginNames = accounts.login.map(({ name }) => name)
    const { email, verified, confirm } = accounts
    if (email && verified)
      accounts.resource.addresses = { email: email.name, verified: verified.name, confirm }
  }
  checkRoutes(routes, resources, accounts)
  const issuer = title.trim().toLowerCase().replace(/\s+/g, "-")
  const tags = { ...tagsOf(resources), ...options.tags }
  const documents = { title, version, description, license, tags }
  const { persistAuthorization = false } = options
  const records = keepsRecords(options.records)
  checkNestedCreates(resources, records)
  const notices = resources.flatMap((resource) => resource.notices)
  return {
    schema,
    casing,
    history,
    notices,
    ...documents,
    persistAuthorization,
    issuer,
    accounts,
    records,
    resources,
    routes,
    sendMail: options.sendMail,
    mailLinks: mailLinksOf(options.mailLinks),
  }
}

const isThere = (resource: Resource | undefined): resource is Resource => resource !== undefined

const proprietary: License = { name: "Proprietary", identifier: "LicenseRef-Proprietary" }

/** The engine's own tags, and those of the resources. */
const tagsOf = (resources: readonly Resource[]): Record<string, string> => ({
  auth: "Access tokens",
  operation: "Whether the server works",
  ...Object.fromEntries(resources.map(({ name }) => [name, `Rows of ${name}`])),
})

/** Throws where a hand-written route has the path of another, or one that Weir serves itself. */
function checkRoutes(
  routes: readonly HandwrittenRoute[],
  resources: readonly Resource[],
  accounts: Accounts | undefined,
): void {
  const operations = operationNames(resources)
  const served = new Set(accounts ? [`get /${accounts.resource.name}/me`] : [])
  for (const { name, relations, softDelete, document, history } of resources) {
    if (document) served.add(`put /${name}/{}`)
    const links = Object.values(relations).filter(({ via }) => via)
    for (const path of [
      name,
      `${name}/{}`,
      ...(softDelete ? [`${name}/{}/restore`] : []),
      ...(history ? [`${name}/{}/history`] : []),
      ...Object.keys(relations).map((relation) => `${name}/{}/${relation}`),
      ...links.map((relation) => `${name}/{}/${relation.name}/{}`),
    ])
      for (const method of ["get", "post", "patch", "delete"]) served.add(`${method} /${path}`)
    for (const relation of links) served.add(`put /${name}/{}/${relation.name}/{}`)
  }
  for (const { config } of routes) {
    const { method, path } = config
    const where = `${method.toUpperCase()} ${path}`
    if (!path.startsWith("/")) throw new Error(`${where}: a path begins with /`)
    if (/[:*]/.test(path)) throw new Error(`${where}: write its parameters in braces, as in /things/{id}`)
    const [, first = ""] = path.split("/")
    if (!/^[^{}]+$/.test(first))
      throw new Error(`${where}: its first segment must be fixed, or it would hide other paths`)
    if (servedPaths.includes(first)) throw new Error(`${where}: /${first} is served by Weir itself`)
    const name = `${method} ${path.replace(/\{[^}]*\}/g, "{}").replace(/\/$/, "")}`
    if (served.has(name)) throw new Error(`${where}: is served already, by a resource or another route`)
    served.add(name)
    if (config.operationId !== undefined && operations.has(config.operationId))
      throw new Error(`${where}: another operation is called ${config.operationId} already`)
    if (config.operationId !== undefined) operations.add(config.operationId)
    if (!accounts && needsViewer(config.middleware))
      throw new Error(`${where}: only who has signed in may use it, and this API has no accounts`)
  }
}
