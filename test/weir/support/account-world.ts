// First: in a worker it chooses the dialect, before anything loads a table.
import { fresh } from "#fresh"
import { handleOf } from "../../../src/weir/db/handle.ts"
import { api } from "../auth/api/api.ts"
import { confirmed } from "../auth/api/confirmed.ts"
import { people } from "../auth/api/schema/people.ts"
import { type Answer, type Call, type CallOptions, caller } from "./client.ts"
import type { Fresh, Overrides } from "./fresh.ts"
import { conformanceOf } from "./witnessed.ts"

/** The password of everybody in the world. */
export const password = "correct horse"

// scrypt of `password` at its lowest cost: a suite signs in often.
export const hashed_password =
  "$scrypt$ln=4,r=8,p=1$d2Vpci10ZXN0LXNhbHQhIQ$e3oAHJBjyhG+GRbC0T6p2DoLEEwo7U/R4gANNOH+ZJA"

export const accountsSubject = { api, migrations: new URL("../auth/api/drizzle/", import.meta.url) }

/** What a sign-in answers. */
export interface Tokens {
  access_token: string
  token_type: string
  expires_in: number
  refresh_token: string
  session_id: number
}

export interface AccountWorld extends Fresh {
  call: Call
  /** Sends a form. */
  form(path: string, values: Record<string, string>, options?: CallOptions): Promise<Answer>
  /** Signs in, which must succeed. */
  signIn(username: string, options?: CallOptions): Promise<Tokens>
  refresh(token: string, options?: CallOptions): Promise<Answer>
  /** Runs a statement that the API would not. */
  run(text: string): Promise<unknown[][]>
  /** The events of the audit log, oldest first. */
  audit(): Promise<Record<string, unknown>[]>
}

/** The same accounts, whose addresses are verified before anybody signs in. */
export const confirmedSubject = { api: confirmed, migrations: accountsSubject.migrations }

/** Ann (1), Bob (2), Root (3, an admin) and Eve (4, an editor): in a fresh app whose accounts have all that they may have. */
export async function accountWorld(overrides: Overrides = {}): Promise<AccountWorld> {
  const background: Promise<void>[] = []
  const waitUntil = (_: unknown, work: Promise<void>) => void background.push(work)
  const made = await fresh({ subject: accountsSubject, readers: false, waitUntil, ...overrides })
  const client = made.database.connect()
  const db = handleOf(() => client)
  const roles = { ann: "user", bob: "user", root: "admin", eve: "editor" } as const
  await db.insert(people).values(
    Object.entries(roles).map(([username, role]) => ({
      email: `${username}@example.com`,
      username,
      hashed_password,
      role,
      verified_at: "2026-01-01T00:00:00.000Z",
    })),
  )
  await client.close?.()
  const plain = caller(made.app)
  const call = caller(made.app, await conformanceOf(made, plain, Object.keys(overrides).length > 0))
  const form: AccountWorld["form"] = (path, values, options = {}) =>
    call("POST", path, {
      ...options,
      body: new URLSearchParams(values).toString(),
      headers: { "content-type": "application/x-www-form-urlencoded", ...options.headers },
    })
  const run: AccountWorld["run"] = async (text) => {
    const own = made.database.connect()
    const [rows = []] = await own.batch([{ text, params: [] }])
    await own.close?.()
    return rows
  }
  return {
    ...made,
    call,
    form,
    run,
    // What outlives its request is not for the next world's rows.
    close: async () => {
      await Promise.allSettled(background)
      await made.close()
    },
    signIn: async (username, options) => {
      const answer = await form("/auth/token", { username, password }, options)
      if (answer.status !== 200) throw new Error(`${username} is not signed in: ${answer.text}`)
      return answer.body as Tokens
    },
    refresh: (token, options) =>
      form("/auth/token", { grant_type: "refresh_token", refresh_token: token }, options),
    audit: async () => {
      const rows = await run("select event, account, actor, details from audit order by id")
      return rows.map(([event, account, actor, details]) => ({
        event,
        account,
        actor,
        ...(typeof details === "string" ? JSON.parse(details) : (details as object | null)),
      }))
    },
  }
}
