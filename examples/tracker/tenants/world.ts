import { fresh } from "#fresh"
import { passwordMark, tokens } from "../../../src/weir/auth/token.ts"
import { insertMany } from "../../../src/weir/sql/bulk.ts"
import { type Answer, caller } from "../../../test/weir/support/client.ts"
import { authSecret } from "../../../test/weir/support/fresh.ts"
import { api } from "../api.ts"

const people = ["ann", "bob", "mel", "nina", "out", "both", "gone", "ada", "api"] as const
/**
 * Ann is the owner of organization 1, Ada an admin and Mel a member; Bob is the owner of organization 2 and Nina a member.
 * Both is a member of both, Out of none. Gone founded organization 2, and has left it. Api is an admin of the API.
 */
export type Who = (typeof people)[number] | "anonymous"

/** Nobody signs in with it: tokens are made here. */
const hashed_password = `$scrypt$ln=4,r=8,p=1$${"A".repeat(22)}$${"A".repeat(43)}`

const later = "2100-01-01T00:00:00.000Z"
const placed = (organization_id: number, more: object = {}) => ({ organization_id, ...more })

/** Row n of a table is in organization n, where nothing else is said. */
const rows: Record<string, object[]> = {
  users: people.map((username) => ({
    email: `${username}@example.com`,
    username,
    hashed_password,
    role: username === "api" ? "admin" : "user",
  })),
  organizations: [
    { name: "One", founder_id: 1 },
    { name: "Two", founder_id: 7 },
  ],
  memberships: [
    placed(1, { user_id: 1, role: "owner" }),
    placed(2, { user_id: 2, role: "owner" }),
    placed(1, { user_id: 3, role: "member" }),
    placed(2, { user_id: 4, role: "member" }),
    placed(1, { user_id: 6, role: "member" }),
    placed(2, { user_id: 6, role: "member" }),
    placed(1, { user_id: 8, role: "admin" }),
  ],
  invitations: [
    placed(1, { user_id: 5, role: "member", invited_by: 8, expires_at: later }),
    placed(2, { user_id: 5, role: "admin", invited_by: 2, expires_at: later }),
  ],
  projects: [placed(1, { name: "First" }), placed(2, { name: "Second" }), placed(1, { name: "Third" })],
  issues: [
    placed(1, { project_id: 1, title: "Open", author_id: 1, assignee_id: 3 }),
    placed(2, { project_id: 2, title: "Secret", author_id: 2, assignee_id: 4 }),
    placed(1, { project_id: 1, title: "Below", author_id: 3, parent_id: 1 }),
    // Two rows from before the rules: what they refer to is another's, and must not be shown.
    placed(1, { project_id: 2, title: "Mixed", author_id: 1, parent_id: 2, assignee_id: 4 }),
    placed(2, { project_id: 2, title: "Secret below", author_id: 4, parent_id: 2 }),
  ],
  statuses: [
    placed(1, { project_id: 1, state: "on_track", author_id: 1 }),
    placed(2, { project_id: 2, state: "off_track", author_id: 2, summary: "secret" }),
  ],
  comments: [
    placed(1, { issue_id: 1, text: "Hello", author_id: 1 }),
    placed(2, { issue_id: 2, text: "A secret", author_id: 2 }),
    placed(2, { issue_id: 2, text: "Before I went", author_id: 7 }),
  ],
  labels: [placed(1, { issue_id: 1, name: "bug" }), placed(2, { issue_id: 2, name: "bug" })],
}

export const tables: string[] = Object.keys(rows)

export interface Tenants {
  /** Sends JSON, or a text as it stands. */
  as(
    who: Who,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>
  /** All rows of all tables, past the API. */
  everything(): Promise<Record<string, unknown[]>>
  /** Changes rows past the API. */
  run(text: string): Promise<unknown>
  close(): Promise<void>
}

/** Two organizations in an app of its own, over the database of the project at hand. */
export async function tenants(): Promise<Tenants> {
  const { app, database, close } = await fresh({
    subject: { api, migrations: new URL("../drizzle/", import.meta.url) },
  })
  const client = database.connect()
  for (const [table, list] of Object.entries(rows)) {
    const resource = api.resources.find(({ name }) => name === table)
    if (!resource) throw new Error(`There is no resource ${table}`)
    const numbered = list.map((row, i) => ({ id: i + 1, ...row }))
    await client.batch(insertMany(resource, numbered))
  }
  const signer = tokens(authSecret, api.issuer)
  const mark = passwordMark(hashed_password)
  const signed = people.map((_, i) => signer.issue({ userId: i + 1, passwordMark: mark }))
  const bearers = await Promise.all(signed)
  const call = caller(app)
  return {
    as: (who, method, path, body, headers = {}) => {
      const token = who === "anonymous" ? undefined : bearers[people.indexOf(who)]
      const sent = typeof body === "string" ? { body } : { json: body }
      return call(method, path, {
        token,
        headers: body === undefined ? headers : { "content-type": "application/json", ...headers },
        ...sent,
      })
    },
    everything: async () => {
      const found = tables.map(async (name) => [
        name,
        await client.query({ text: `select * from ${name} order by id`, params: [], bounded: true }),
      ])
      return Object.fromEntries(await Promise.all(found))
    },
    run: (text) => client.batch([{ text, params: [] }]),
    close: async () => {
      await client.close?.()
      await close()
    },
  }
}
