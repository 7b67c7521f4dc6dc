import { relations } from "drizzle-orm"
import { searchSql } from "../../../src/weir/db/dialect/search.ts"
import { defineApi } from "../../../src/weir/index.ts"
import { resource } from "../../../src/weir/resource/define.ts"
import type { Resource, ResourceOptions } from "../../../src/weir/resource/resource.ts"
import { anyone, nobody, signedIn } from "../../../src/weir/resource/rules.ts"
import { id, integer, json, references, table, text } from "../../../src/weir/schema.ts"
import { users } from "../fixture/src/schema/users.ts"
import { type Answer, caller } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { appOver, fixture, type Overrides } from "../support/fresh.ts"
import type { Who } from "../support/scenarios.ts"
import { type World, world } from "../support/world.ts"

export const papers = table("papers", {
  id: id(),
  title: text({ max: 20_000 }).notNull(),
  body: text({ max: 1_000_000 }),
  code: text({ max: 40 }),
  pages: integer(),
  meta: json(),
  owner_id: references(() => users.id),
})

export const papersRelations = relations(papers, ({ one }) => ({
  owner: one(users, { fields: [papers.owner_id], references: [users.id] }),
}))

const usersRelations = relations(users, ({ many }) => ({ papers: many(papers) }))

export type PaperOptions = Omit<ResourceOptions, "embed">
const open = { read: anyone, create: anyone, update: anyone, delete: anyone }
export const searched: PaperOptions = { ...open, search: ["title", "body"] }

export const papersResource = (options: PaperOptions = searched): Resource =>
  resource(papers, options as never)

/** `more` are resources beside it. */
export const papersApi = (options: PaperOptions = searched, ...more: Resource[]) =>
  defineApi({
    title: "Weir",
    version: "0.0.0",
    schema: { users, papers, papersRelations, usersRelations },
    accounts: { table: users, login: ["email", "username"], password: "hashed_password", role: "role" },
    resources: [
      resource(users, {
        read: anyone,
        fields: { hashed_password: { read: nobody } },
        embed: { papers: {} },
      }),
      papersResource(options),
      ...more,
    ],
  })

export type Ask = (who: Who, path: string, json?: unknown, method?: string) => Promise<Answer>

export interface Library {
  w: World
  /** Asks an API over the table; with `json` it is a POST. */
  ask(options?: PaperOptions): Ask
  run(...texts: string[]): Promise<unknown[][]>
  add(rows: { title: string; body?: string; owner_id?: number; [name: string]: unknown }[]): Promise<number[]>
  close(): Promise<void>
}

/** A table of papers with its search index, in a world of its own. */
export async function library(options: PaperOptions = searched, overrides: Overrides = {}): Promise<Library> {
  const w = await world(overrides)
  const run = async (...texts: string[]) => {
    const client = w.database.connect()
    const results = await client.batch(texts.map((statement) => ({ text: statement, params: [] })))
    await client.close?.()
    return results.at(-1) ?? []
  }
  const { search } = papersApi(options).resources.find(({ name }) => name === "papers") as Resource
  const unmake = search ? searchSql.drop(search.index) : []
  // A worker goes on in its database, where a test that failed may have left an index.
  if (search) await run(...unmake.filter((statement) => !/trigger/.test(statement)))
  await createTables(w.database, { papers })
  if (search) await run(...searchSql.create(search.index))
  const ask = (asked: PaperOptions = options): Ask => {
    const api = papersApi(asked)
    const call = caller(
      appOver(w.database, { subject: { ...fixture, api }, cache: w.cache, ...overrides }).app,
    )
    return (who, path, body, method = body === undefined ? "GET" : "POST") =>
      call(method, path, {
        token: who === "anonymous" ? undefined : w[who].token,
        ...(body === undefined ? {} : { json: body }),
      })
  }
  return {
    w,
    ask,
    run,
    add: async (rows) => {
      const made = await ask({ ...options, create: signedIn })("root", "/papers/batch", rows)
      if (made.status !== 201) throw new Error(made.text)
      return (made.body as { id: number }[]).map(({ id: key }) => key)
    },
    close: async () => {
      await run(...unmake, "drop table papers")
      await w.close()
    },
  }
}

export const idsOf = ({ body }: Answer): number[] => (body as { id: number }[]).map(({ id: key }) => key)
