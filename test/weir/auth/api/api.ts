import { createRoute, z } from "@hono/zod-openapi"
import { allow, defineApi, route, signedIn } from "#weir"
import { passkeys } from "#weir/passkeys"
import { resources } from "./resources.ts"
import * as tables from "./schema/people.ts"

const { account_factors, account_tokens, api_keys, audit, identities, people, sessions } = tables

/** Who asks, as a hand-written route sees it. */
const who = route(
  createRoute({
    method: "get",
    path: "/who",
    operationId: "readWho",
    tags: ["who"],
    middleware: allow(signedIn),
    responses: {
      200: { description: "The viewer", content: { "application/json": { schema: z.looseObject({}) } } },
    },
  }),
  (c) => c.json(JSON.parse(JSON.stringify(c.var.viewer)), 200),
)

const accounts = {
  table: people,
  login: ["email", "username"],
  password: "hashed_password",
  role: "role",
  verified: "verified_at",
  disabled: "disabled_at",
  lastSeen: "seen_at",
  sessions,
  keys: api_keys,
  identities,
  tokens: account_tokens,
  factors: account_factors,
  passkeys: passkeys(tables.passkeys),
  audit,
} as const

/** An API whose accounts have all that accounts may have, for the tests of signing in. */
export const api = defineApi({
  title: "Accounts",
  version: "0.1.0",
  accounts,
  resources,
  routes: [who],
})

/** The same, whose admins need a second factor. */
export const strictApi = defineApi({
  title: "Accounts",
  version: "0.1.0",
  accounts: { ...accounts, requireFactor: "admin" },
  resources,
  routes: [who],
})

/** The same, whose sessions may be in cookies. */
export const cookieApi = defineApi({
  title: "Accounts",
  version: "0.1.0",
  accounts: { ...accounts, cookies: true },
  resources,
  routes: [who],
})
