import { describe, expect, test } from "vitest"
import { defineApi, resource } from "../../../src/weir/index.ts"
import { passkeys } from "../../../src/weir/passkeys.ts"
import { accountTables, id, oneOf, table, text } from "../../../src/weir/schema.ts"

const users = table("users", {
  id: id(),
  name: text({ max: 40 }).notNull().unique(),
  hashed_password: text({ max: 255 }).notNull(),
  role: oneOf(["user", "editor", "admin"]).notNull().default("user"),
})
const { account_factors: factors, account_tokens: tokens, sessions, ...others } = accountTables(users)
const own = passkeys(others.passkeys)

const define = (accounts: object) =>
  defineApi({
    title: "Trial",
    version: "1",
    accounts: {
      table: users,
      login: ["name"],
      password: "hashed_password",
      role: "role",
      ...accounts,
    },
    resources: [resource(users, {})],
  })

describe("accounts with second factors", () => {
  test.each([
    ["nobody", {}, []],
    ["admins", { requireFactor: "admin" }, ["admin"]],
    ["admins of another name", { requireFactor: "admin", admin: "editor" }, ["editor"]],
    [
      "admins, who have passkeys alone",
      { factors: undefined, sessions, passkeys: own, requireFactor: "admin" },
      ["admin"],
    ],
    ["roles", { requireFactor: ["editor", "admin"] }, ["editor", "admin"]],
  ])("need them of %s", (_, options, roles) => {
    expect(define({ factors, tokens, ...options }).accounts?.requireFactor).toEqual(roles)
  })

  test.each([
    [{ factors }, "factors needs tokens as well"],
    [
      { factors: sessions, tokens },
      "factors takes the table account_factors that accountTables(users) makes",
    ],
    [{ requireFactor: "admin" }, "requireFactor needs factors, the table account_factors, or passkeys"],
    [{ passkeys: own, tokens }, "and needs tokens and sessions"],
    [{ passkeys: own, sessions }, "and needs tokens and sessions"],
    [{ passkeys: others.passkeys, tokens, sessions }, "passkeys takes passkeys(table) of #weir/passkeys"],
    [
      { passkeys: passkeys(factors), tokens, sessions },
      "passkeys takes the table passkeys that accountTables(users) makes",
    ],
    [
      { factors, tokens, requireFactor: ["boss"] },
      'requireFactor names "boss", which is no value of the column role',
    ],
    [
      { factors, tokens, requireFactor: "admin", role: undefined },
      "requireFactor names roles, and the accounts have none",
    ],
  ])("%j is one line at load", (options, line) => {
    expect(() => define(options)).toThrow(line)
  })
})
