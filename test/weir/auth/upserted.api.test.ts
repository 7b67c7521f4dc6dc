// First: in a worker it chooses the dialect, before anything loads a table.

import { afterEach, beforeEach, expect, test } from "vitest"
import { fresh } from "#fresh"
import { admin, anyone, defineApi, nobody, resource } from "../../../src/weir/index.ts"
import { accountTables, id, oneOf, table, text } from "../../../src/weir/schema.ts"
import { accountsSubject, hashed_password, password } from "../support/account-world.ts"
import { type Call, caller } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import type { Fresh } from "../support/fresh.ts"

/** Accounts whose passwords no request sets. */
const members = table("members", {
  id: id(),
  email: text({ max: 254, format: "email" }).notNull().unique(),
  role: oneOf(["user", "admin"]).notNull().default("user"),
  hashed_password: text({ max: 255 }).notNull().default(hashed_password),
})
const { api_keys: keys, sessions } = accountTables(members, { prefix: "members_" })
const api = defineApi({
  title: "Members",
  version: "0.0.0",
  accounts: { table: members, login: ["email"], password: "hashed_password", role: "role", keys, sessions },
  resources: [
    resource(members, {
      read: anyone,
      create: admin,
      update: admin,
      upsert: ["email"],
      fields: { role: { write: admin }, hashed_password: { read: nobody, write: nobody } },
    }),
  ],
})

let made: Fresh
let call: Call
beforeEach(async () => {
  made = await fresh({ subject: { api, migrations: accountsSubject.migrations } })
  await createTables(made.database, { members, keys, sessions })
  const client = made.database.connect()
  await client.batch([
    { text: "insert into members (email, role) values ('root@example.com', 'admin')", params: [] },
  ])
  await client.close?.()
  call = caller(made.app)
})
afterEach(() => made.close())

test("a key makes no admin by an upsert either, also by one that would change nobody", async () => {
  const signedIn = await call("POST", "/auth/token", {
    body: new URLSearchParams({ username: "root@example.com", password }).toString(),
    headers: { "content-type": "application/x-www-form-urlencoded" },
  })
  const { access_token: token } = signedIn.body as { access_token: string }
  const key = await call("POST", "/members_api_keys", { token, json: { name: "x", scopes: ["*"] } })
  expect(key.status, key.text).toBe(201)
  const headers = { "x-api-key": (key.body as { key: string }).key }
  const upsert = (json: object, more: string, how: object) =>
    call("POST", `/members?on_conflict=email${more}`, { json, ...how })
  for (const more of ["", "&resolution=ignore"]) {
    const boss = await upsert({ email: "boss@example.com", role: "admin" }, more, { headers })
    expect(boss.status, more).toBe(403)
    const user = await upsert({ email: `user${more.length}@example.com` }, more, { headers })
    expect(user.status, user.text).toBe(201)
  }
  const all = (await call("GET", "/members?role=admin&fields=email")).body
  expect(all).toEqual([{ email: "root@example.com" }])
  expect((await upsert({ email: "boss@example.com", role: "admin" }, "", { token })).status).toBe(201)
})
