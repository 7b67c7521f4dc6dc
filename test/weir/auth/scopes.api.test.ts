// First: in a worker it chooses the dialect, before anything loads a table.

import { relations, type Table } from "drizzle-orm"
import { afterEach, describe, expect, test } from "vitest"
import { fresh } from "#fresh"
import { api as tracker } from "../../../examples/tracker/api.ts"
import { resources as trackerResources } from "../../../examples/tracker/resources.ts"
import { users as trackerUsers } from "../../../examples/tracker/schema/users.ts"
import { api as sample } from "../../../src/api.ts"
import { resources as sampleResources } from "../../../src/resources.ts"
import * as accounts from "../../../src/schema/accounts.ts"
import { users } from "../../../src/schema/users.ts"
import { defineApi } from "../../../src/weir/api.ts"
import { handleOf } from "../../../src/weir/db/handle.ts"
import { resourcesOf, signedIn, through } from "../../../src/weir/index.ts"
import { accountTables, id, references, table, text, timestamp } from "../../../src/weir/schema.ts"
import { accountsSubject, hashed_password, password } from "../support/account-world.ts"
import { type Answer, type Call, caller } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import type { Fresh, Overrides, Subject } from "../support/fresh.ts"
import { type OpenApi, type Operation, parsed } from "../support/openapi.ts"
import { people } from "./api/schema/people.ts"

/** What the document says of the scopes of keys is what happens. */
const sampleSubject: Subject = { api: sample, migrations: new URL("../../../drizzle/", import.meta.url) }

const { api_keys, sessions } = accountTables(trackerUsers)
const trackerSubject: Subject = {
  api: defineApi({
    title: "Tracker with keys",
    version: "1.0.0",
    accounts: {
      table: trackerUsers,
      login: ["email", "username"],
      password: "hashed_password",
      role: "role",
      verified: "verified_at",
      keys: api_keys,
      sessions,
    },
    resources: trackerResources,
    routes: tracker.routes,
  }),
  migrations: new URL("../../../examples/tracker/drizzle/", import.meta.url),
}

const tasks = table("tasks", { id: id(), title: text({ min: 1 }).notNull(), deleted_at: timestamp() })
const tags = table("tags", { id: id(), name: text({ min: 1 }).notNull().unique() })
const task_tags = table("task_tags", {
  id: id(),
  task_id: references(() => tasks.id).notNull(),
  tag_id: references(() => tags.id).notNull(),
})
const links = {
  tasks,
  tags,
  task_tags,
  tasksRelations: relations(tasks, ({ many }) => ({ task_tags: many(task_tags) })),
  tagsRelations: relations(tags, ({ many }) => ({ task_tags: many(task_tags) })),
  taskTagsRelations: relations(task_tags, ({ one }) => ({
    task: one(tasks, { fields: [task_tags.task_id], references: [tasks.id] }),
    tag: one(tags, { fields: [task_tags.tag_id], references: [tags.id] }),
  })),
}
const open = { read: signedIn, create: signedIn, update: signedIn, delete: signedIn }
const linkedSubject: Subject = {
  api: defineApi({
    title: "Linked",
    version: "1.0.0",
    accounts: {
      table: users,
      login: ["email", "username"],
      password: "hashed_password",
      role: "role",
      verified: "verified_at",
      disabled: "disabled_at",
      sessions: accounts.sessions,
      keys: accounts.api_keys,
      identities: accounts.identities,
      tokens: accounts.account_tokens,
      factors: accounts.account_factors,
      audit: accounts.audit,
    },
    resources: [
      ...sampleResources.filter(({ name }) => name !== "notes"),
      ...resourcesOf(links, {
        tasks: {
          ...open,
          restore: signedIn,
          softDelete: "deleted_at",
          replace: true,
          bulk: true,
          embed: { tags: through("task_tags", "tag"), task_tags: {} },
        },
        tags: { ...open, upsert: [["name"]] },
        task_tags: open,
      }),
    ],
  }),
  migrations: sampleSubject.migrations,
}

let made: Fresh | undefined
afterEach(async () => {
  await made?.close()
  made = undefined
})

interface World {
  document: OpenApi
  /** Calls with a key that has the scopes, of an admin who is made for each operation. */
  keyed(admin: string, scopes: string[], method: string, path: string, operation: Operation): Promise<Answer>
}

async function worldOf(
  subject: Subject,
  accounts: Table,
  more: Record<string, unknown> = {},
  overrides: Overrides = {},
): Promise<World> {
  made = await fresh({ subject, ...overrides })
  const { app, database } = made
  await createTables(database, more)
  const call = caller(app)
  const document = parsed((await call("GET", "/openapi.json")).text)
  const tokens = new Map<string, string>()
  const tokenOf = async (username: string): Promise<string> => {
    const kept = tokens.get(username)
    if (kept) return kept
    const client = database.connect()
    const account = { email: `${username}@example.com`, username, hashed_password, role: "admin" }
    await handleOf(() => client)
      .insert(accounts)
      .values(account as never)
    await client.close?.()
    const body = new URLSearchParams({ username, password }).toString()
    const headers = { "content-type": "application/x-www-form-urlencoded" }
    const { body: signedIn } = await call("POST", "/auth/token", { body, headers })
    const token = (signedIn as { access_token: string }).access_token
    tokens.set(username, token)
    return token
  }
  return {
    document,
    async keyed(admin, scopes, method, path, operation) {
      const token = await tokenOf(admin)
      const key = await call("POST", "/api_keys", { token, json: { name: "k", scopes } })
      expect(key.status, key.text).toBe(201)
      return await sendAs(call, (key.body as { key: string }).key, method, path, operation)
    },
  }
}

/** Sends what the document says that an operation takes: its examples. */
function sendAs(
  call: Call,
  key: string,
  method: string,
  path: string,
  operation: Operation,
): Promise<Answer> {
  const values = new Map((operation.parameters ?? []).map((one) => [one.name, one.example ?? 1]))
  const filled = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(values.get(name) ?? 1)))
  const [type, media] = Object.entries(operation.requestBody?.content ?? {})[0] ?? []
  const content = type === undefined ? {} : { body: JSON.stringify(media?.example ?? {}) }
  return call(method.toUpperCase(), filled, {
    ...content,
    headers: { "x-api-key": key, ...(type === undefined ? {} : { "content-type": type }) },
  })
}

const subjects: [string, Subject, Table, Record<string, unknown>?][] = [
  ["the accounts' API", accountsSubject, people],
  ["the sample", sampleSubject, users],
  ["the tracker", trackerSubject, trackerUsers, { api_keys, sessions }],
  ["an API with links and replacements", linkedSubject, users, { tasks, tags, task_tags }],
]

const codeOf = ({ body }: Answer) => (body as { code?: unknown } | undefined)?.code

/** A scope that no operation asks for. */
const unrelated = "sessions:create"

const said = (at: string, scopes: readonly string[], { status, text }: Answer) =>
  `${at} with ${scopes.join(" ")}: ${status} ${text}`

describe.each(subjects)("the scopes that the document of %s names", (_, subject, accounts, more) => {
  test("are those that its operations ask for: all of them, and no others", async () => {
    const { document, keyed } = await worldOf(subject, accounts, more)
    const wrong: string[] = []
    const seen = { scoped: 0, closed: 0 }
    const operations = Object.entries(document.paths).flatMap(([path, byMethod]) =>
      Object.entries(byMethod).map(([method, operation]) => ({ path, method, operation })),
    )
    for (const [i, { path, method, operation }] of operations.entries()) {
      const at = `${method} ${path}`
      const { security = [] } = operation
      const named = security.find(({ key }) => key)?.key
      const sent = async (scopes: string[]): Promise<[string, Answer]> => {
        const answer = await keyed(`admin${i}`, scopes, method, path, operation)
        return [said(at, scopes, answer), answer]
      }
      if (named) {
        seen.scoped++
        for (const left of named) {
          const [text, answer] = await sent([...named.filter((one) => one !== left), unrelated])
          if (codeOf(answer) !== "insufficient_scope") wrong.push(text)
        }
        const [text, answer] = await sent([...named, unrelated])
        // A batch takes the scopes of what is in it.
        if (
          named.length
            ? codeOf(answer) === "insufficient_scope" || answer.status >= 500
            : answer.status !== 403
        )
          wrong.push(text)
        if (/A key cannot/.test(answer.text)) wrong.push(text)
      } else if (security.length) {
        seen.closed++
        const [text, answer] = await sent(["*"])
        if (answer.status !== 403) wrong.push(text)
      }
    }
    expect(wrong).toEqual([])
    expect(seen.scoped).toBeGreaterThan(15)
    expect(seen.closed).toBeGreaterThan(2)
  })
})

test("a batch takes a key with the scopes of its operations", async () => {
  const { document, keyed } = await worldOf(sampleSubject, users)
  const operation = document.paths["/batch"]?.post as Operation
  expect(operation.security).toContainEqual({ key: [] })
  const done = await keyed("root", ["items:create", "items:update"], "post", "/batch", operation)
  expect(done.status, done.text).toBe(200)
  const refused = await keyed("root", ["items:create"], "post", "/batch", operation)
  expect(codeOf(refused)).toBe("insufficient_scope")
})

test("a PUT takes the scope of creating where there is nothing to replace, and no more than that", async () => {
  const { document, keyed } = await worldOf(sampleSubject, users)
  const operation = document.paths["/notes/{_id}"]?.put as Operation
  expect(operation.security).toContainEqual({ key: ["notes:update", "notes:create"] })
  const put = (...scopes: string[]) => keyed("root", scopes, "put", "/notes/{_id}", operation)
  for (const scope of ["notes:update", "notes:create"])
    expect((await put(scope)).body).toMatchObject({ status: 403, code: "insufficient_scope" })
  expect((await put("notes:update", "notes:create")).status).toBe(201)
  expect((await put("notes:update")).status).toBe(200)
  expect(codeOf(await put("notes:create"))).toBe("insufficient_scope")
})

test("the metrics, where they are for admins, take a key with their scope", async () => {
  const metrics = {
    access: "admins",
    text: async () => "up 1",
    contentType: "text/plain",
    request() {},
  } as const
  const { document, keyed } = await worldOf(sampleSubject, users, {}, { metrics })
  const operation = document.paths["/metrics"]?.get as Operation
  expect(operation.security).toContainEqual({ key: ["metrics:read"] })
  expect((await keyed("root", ["metrics:read"], "get", "/metrics", operation)).text).toBe("up 1")
  expect(codeOf(await keyed("root", ["items:read"], "get", "/metrics", operation))).toBe("insufficient_scope")
})
