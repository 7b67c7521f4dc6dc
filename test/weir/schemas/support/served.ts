import { afterAll, beforeAll } from "vitest"
import { invalidating } from "../../../../src/weir/cache/invalidating.ts"
import { MemoryStore } from "../../../../src/weir/cache/memory.ts"
import type { Api, Resource } from "../../../../src/weir/index.ts"
import * as weir from "../../../../src/weir/index.ts"
import { type Call, caller } from "../../support/client.ts"
import { appOver, cacheOver } from "../../support/fresh.ts"
import { type Row, rowsOf } from "../../support/samples.ts"
import { type Filled, filled } from "./database.ts"
import type { TableFacts } from "./facts.ts"
import { type PeoplesSchema, shownOf } from "./schemas.ts"
import { normal, only, wireRows } from "./wire.ts"

/** A schema of people, served from a filled database of its own. */
export interface Served extends Filled {
  schema: PeoplesSchema
  api: Api & { notices: string[] }
  app: ReturnType<typeof appOver>["app"]
  call: Call
  /** All rows of a table as JSON, as everybody is shown them. */
  rows(facts: TableFacts): Promise<Row[]>
  /** The same with what is hidden. */
  secretRows(facts: TableFacts): Promise<Row[]>
}

type Options = Record<string, unknown>

const { anyone, resourcesOf } = weir as typeof weir & {
  resourcesOf(module: object, options: Record<string, Options>): Resource[]
}
/** Everything is anybody's. */
const open: Options = { read: anyone, create: anyone, update: anyone, delete: anyone, embed: true }

/** The API of a schema: every table open, but for what a test says otherwise. */
export function apiOf(
  { module, casing, tables }: PeoplesSchema,
  options: Record<string, Options> = {},
): Served["api"] {
  const perTable = Object.fromEntries(tables.map(({ name }) => [name, { ...open, ...options[name] }]))
  return weir.defineApi({
    title: "Theirs",
    version: "1",
    accounts: false,
    schema: module,
    ...(casing ? { casing } : {}),
    resources: resourcesOf(module, perTable),
  } as never) as Served["api"]
}

/** What a read may come to: embeds of embeds are read whole here. */
const answerLimits = { bytes: 67_108_864, rows: { anonymous: 5_000_000, user: 5_000_000, admin: 5_000_000 } }

export interface Serving {
  /** Whether answers are kept in memory. */
  cached?: boolean
}

export async function serve(
  schema: PeoplesSchema,
  options: Record<string, Options> = {},
  { cached = false }: Serving = {},
): Promise<Served> {
  const api = apiOf(schema, options)
  const made = await filled(schema)
  const cache = cacheOver(cached ? new MemoryStore(16_777_216, made.database.foreignWrites) : undefined)
  const subject = { api, migrations: new URL("file:///none/") }
  const { app } = appOver(invalidating(made.database, cache.store), { subject, cache, answerLimits })
  const secretRows = (facts: TableFacts) => wireRows(made.db, facts)
  const rows = async (facts: TableFacts) => {
    const shown = shownOf(schema, facts)
    return (await secretRows(facts)).map((row) => only(shown, row))
  }
  return { ...made, schema, api, app, call: caller(app), rows, secretRows }
}

/** One served schema for all tests of a suite. */
export function serving(
  schema: PeoplesSchema,
  options: Record<string, Options> = {},
  how: Serving = {},
): () => Served {
  let made: Served | undefined
  beforeAll(async () => {
    made = await serve(schema, options, how)
  })
  afterAll(() => made?.close())
  return () => made as Served
}

/** The rows that a list answers with, ready to compare. */
export async function listed({ call }: Served, facts: TableFacts, query = ""): Promise<Row[]> {
  const answer = await call("GET", `/${facts.name}${query && `?${query}`}`)
  return rowsOf(answer).map((row) => normal(facts, row))
}
