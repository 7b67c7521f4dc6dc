import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { defineApi } from "../../../src/weir/api.ts"
import { authContext } from "../../../src/weir/auth/auth-context.ts"
import { passkeys } from "../../../src/weir/passkeys.ts"
import type { Accounts, AccountsOptions } from "../../../src/weir/resource/accounts.ts"
import { resource } from "../../../src/weir/resource/define.ts"
import type { IssuerOptions } from "../../../src/weir/resource/issuers.ts"
import { nobody } from "../../../src/weir/resource/rules.ts"
import { authSettingsOf } from "../../../src/weir/runtime/services.ts"
import { parseEnv, SettingError } from "../../../src/weir/runtime/settings.ts"
import { accountTables, id, table, text, timestamp } from "../../../src/weir/schema.ts"

const AUTH_ISSUERS = "https://id.example.com|weir"
const AUTH_PROVIDERS = '[{"name":"github","client_id":"x","client_secret":"y"}]'
const AUTH_REDIRECTS = "https://app.example.com/done"

let count = 0

/** Accounts over a table of their own. */
function accountsWith(
  columns: Parameters<typeof table>[1] = {},
  options: Partial<AccountsOptions> = {},
  tables = true,
): Accounts {
  const name = `people_${count++}`
  const people = table(name, {
    id: id(),
    email: text({ max: 254, format: "email" }).notNull().unique(),
    hashed_password: text({ max: 255 }).notNull(),
    ...columns,
  })
  const { identities, account_tokens: tokens } = accountTables(people, { prefix: `${name}_` })
  const { accounts } = defineApi({
    title: "Settings",
    version: "0.0.0",
    accounts: {
      table: people,
      login: ["email"],
      password: "hashed_password",
      ...(tables ? { identities, tokens } : {}),
      ...options,
    } as AccountsOptions,
    resources: [resource(people, { fields: { hashed_password: { read: nobody } } } as never)],
  })
  return accounts as Accounts
}

/** The same, with passkeys. */
function accountsWithPasskeys(): Accounts {
  const people = table(`people_${count}_with_passkeys`, {
    id: id(),
    email: text({ max: 254, format: "email" }).notNull().unique(),
    hashed_password: text({ max: 255 }).notNull(),
  })
  const { account_tokens: tokens, sessions, ...tables } = accountTables(people, { prefix: `p${count++}_` })
  const { accounts } = defineApi({
    title: "Settings",
    version: "0.0.0",
    accounts: {
      table: people,
      login: ["email"],
      password: "hashed_password",
      tokens,
      sessions,
      passkeys: passkeys(tables.passkeys),
    },
    resources: [resource(people, { fields: { hashed_password: { read: nobody } } } as never)],
  })
  return accounts as Accounts
}

/** The one line with which a start ends. */
function refusal(settings: Record<string, string>, accounts: Accounts | undefined): string {
  try {
    authSettingsOf(parseEnv(settings), accounts)
  } catch (error) {
    expect(error).toBeInstanceOf(SettingError)
    return (error as Error).message
  }
  throw new Error("The settings were taken")
}

describe("settings that the accounts cannot have end the start with a line", () => {
  test.each<[string, Record<string, string>, () => Accounts | undefined, RegExp]>([
    ["no accounts", { AUTH_ISSUERS }, () => undefined, /^AUTH_ISSUERS: .*no accounts$/],
    ["no accounts", { AUTH_PROVIDERS, AUTH_REDIRECTS }, () => undefined, /^AUTH_PROVIDERS: .*no accounts$/],
    ["no identities", { AUTH_ISSUERS }, () => accountsWith({}, {}, false), /^AUTH_ISSUERS: .*identities/],
    [
      "no one-time tokens",
      { AUTH_PROVIDERS, AUTH_REDIRECTS },
      () => accountsWith({}, { tokens: undefined } as never),
      /^AUTH_PROVIDERS: .*account_tokens/,
    ],
    [
      "roles without a role",
      { AUTH_ISSUERS: JSON.stringify([{ issuer: "https://id.example.com", audience: "x", roles: "roles" }]) },
      () => accountsWith(),
      /^AUTH_ISSUERS: roles of https:\/\/id.example.com: .*no role/,
    ],
    [
      "a column that nobody fills",
      { AUTH_PROVIDERS, AUTH_REDIRECTS },
      () => accountsWith({ born: text().notNull() }),
      /^AUTH_PROVIDERS: no account can be made, since people_\d+\.born must have a value/,
    ],
    [
      "a name that cannot be made",
      { AUTH_PROVIDERS, AUTH_REDIRECTS },
      () =>
        accountsWith({ code: text({ pattern: "^[0-9]{3}$", example: "123" }).notNull().unique() }, {
          login: ["email", "code"],
        } as never),
      /^AUTH_PROVIDERS: no account can be made, since .*\.code takes no name/,
    ],
    [
      "passkeys of nowhere",
      { NODE_ENV: "production" },
      () => accountsWithPasskeys(),
      /^PASSKEY_ORIGINS: is required in production/,
    ],
    [
      "passkeys of a page outside the domain",
      { PASSKEY_ORIGINS: "https://app.example.com,https://example.org" },
      () => accountsWithPasskeys(),
      /^PASSKEY_ORIGINS: https:\/\/example\.org is not within app\.example\.com/,
    ],
  ])("%s", (_, settings, accounts, line) => {
    const told = refusal(settings, accounts())
    expect(told).toMatch(line)
    expect(told).not.toContain("\n")
  })

  test.each<[string, Partial<AccountsOptions>]>([
    ["disabled and verified", { disabled: "one", verified: "one" }],
    ["disabled and lastSeen", { disabled: "one", lastSeen: "one" }],
    ["verified and lastSeen", { verified: "two", lastSeen: "two" }],
  ] as never)("%s of one column", (what, options) => {
    const times = { one: timestamp(), two: timestamp() }
    expect(() => accountsWith(times, options)).toThrow(
      `accounts: ${what} name the same column, "${Object.values(options)[0]}"`,
    )
    expect(() => accountsWith(times, { disabled: "one", verified: "two" } as never)).not.toThrow()
  })

  test("a name of one's own for each: login names no column twice, and no password", () => {
    expect(() => accountsWith({}, { login: ["email", "email"] } as never)).toThrow(
      'accounts: login and login name the same column, "email"',
    )
    expect(() => accountsWith({}, { role: "hashed_password" } as never)).toThrow(
      'accounts: password and role name the same column, "hashed_password"',
    )
  })

  test("but not where no account is to be made", () => {
    const accounts = accountsWith({ born: text().notNull() })
    expect(authSettingsOf(parseEnv({ AUTH_ISSUERS }), accounts).issuers).toHaveLength(1)
    const AUTH_PROVIDERS = '[{"name":"github","client_id":"x","create":false}]'
    expect(authSettingsOf(parseEnv({ AUTH_PROVIDERS, AUTH_REDIRECTS }), accounts).providers).toHaveLength(1)
  })
})

describe("accounts.issuers", () => {
  const own = { issuer: "https://id.example.com", audience: "weir" }
  const checkedIssuers = (...issuers: object[]) =>
    accountsWith({}, { issuers: issuers as IssuerOptions[] } as never)

  test.each<[object, RegExp]>([
    [{ ...own, issuer: "http://id.example.com" }, /^accounts\.issuers\.0\.issuer: must be an https URL/],
    [{ issuer: own.issuer }, /^accounts\.issuers\.0\.audience: /],
    [{ ...own, algorithms: ["HS256"] }, /^accounts\.issuers\.0\.algorithms\.0: must be of RS256/],
    [{ ...own, more: true }, /^accounts\.issuers\.0: .*more/],
  ])("that are wrong are told in a line that names the place: %j", (issuer, line) => {
    expect(() => checkedIssuers(issuer)).toThrow(line)
  })

  test("are accepted, and need the table of identities", () => {
    const accounts = checkedIssuers(own, { ...own, issuer: "https://b.example.com" })
    const setting = {
      accounts,
      issuer: "settings",
      title: "Settings",
      secret: "s".repeat(32),
      prepare: async () => {},
    }
    expect(authContext(setting).issued).toBeDefined()
    expect(authContext({ ...setting, accounts: accountsWith() }).issued).toBeUndefined()
    const wrong = accountsWith({}, { issuers: [own] } as never, false)
    expect(() => authContext({ ...setting, accounts: wrong })).toThrow(/^AUTH_ISSUERS: .*identities/)
  })
})

test("settings of passkeys come with what other settings know of origins", () => {
  const settings = parseEnv({
    PASSKEY_DOMAIN: "example.com",
    APP_URL: "https://app.example.com/",
    PUBLIC_URL: "https://api.example.com",
    CORS_ORIGINS: "https://admin.example.com, http://localhost:5173",
  })
  expect(authSettingsOf(settings, undefined).passkeys).toEqual({
    origins: [],
    domain: "example.com",
    others: [
      "https://app.example.com",
      "https://api.example.com",
      "https://admin.example.com",
      "http://localhost:5173",
    ],
    isDevelopment: true,
  })
  const production = parseEnv({ NODE_ENV: "production" })
  expect(authSettingsOf(production, undefined).passkeys?.isDevelopment).toBe(false)
})

describe("docs/issuers.md", () => {
  const page = readFileSync(join(import.meta.dirname, "../../../docs/issuers.md"), "utf8")

  test("has settings that are taken as they stand", () => {
    const lines = [...page.matchAll(/^(AUTH_\w+|PUBLIC_URL)=(['"])(.*)\2$/gm)]
    expect(lines.length).toBeGreaterThan(7)
    for (const [, name = "", , value = ""] of lines) {
      const taken = parseEnv({ AUTH_REDIRECTS, [name]: value }) as Record<string, unknown>
      expect(taken[name], value).toBeDefined()
    }
  })

  test("has members of settings that are taken as they stand", () => {
    const blocks = [...page.matchAll(/^```json\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text)
    const providers = blocks.filter((text) => text.includes("client_id"))
    expect(providers).toHaveLength(4)
    for (const text of providers)
      expect(parseEnv({ AUTH_REDIRECTS, AUTH_PROVIDERS: `[${text}]` }).AUTH_PROVIDERS).toHaveLength(1)
    for (const text of blocks.filter((text) => text.startsWith("[")))
      expect(parseEnv({ AUTH_ISSUERS: text }).AUTH_ISSUERS).toHaveLength(1)
  })
})
