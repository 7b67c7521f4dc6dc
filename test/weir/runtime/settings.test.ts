import { describe, expect, test } from "vitest"
import { parseEnv, requireSecret, SettingError } from "../../../src/weir/runtime/settings.ts"

/** The one line with which a start ends. */
function failure(raw: Record<string, unknown>): string {
  try {
    parseEnv(raw)
  } catch (error) {
    expect(error).toBeInstanceOf(SettingError)
    return (error as Error).message
  }
  throw new Error(`${JSON.stringify(raw)} was taken`)
}

describe("settings", () => {
  test("need none in development", () => {
    expect(parseEnv({})).toMatchObject({
      DATABASE_URL: "file:weir.db",
      PORT: 3000,
      BODY_LIMIT: 1_048_576,
      CORS_ORIGINS: [],
      LOG_LEVEL: "info",
      NODE_ENV: "development",
    })
    expect(parseEnv({}).AUTH_SECRET).toBeUndefined()
  })

  test("that are empty count as not set, and others of the environment are no matter", () => {
    const raw = { PORT: "", AUTH_SECRET: "", CORS_ORIGINS: "", FIRST_ADMIN_EMAIL: "", PATH: "/bin", DB: {} }
    expect(parseEnv(raw)).toEqual(parseEnv({}))
  })

  test("are read from text", () => {
    const settings = parseEnv({
      PORT: "0",
      BODY_LIMIT: "1000",
      REQUEST_TIMEOUT_MS: "500",
      CORS_ORIGINS: " https://a.example ,http://localhost:5173,",
    })
    expect(settings).toMatchObject({ PORT: 0, BODY_LIMIT: 1000, REQUEST_TIMEOUT_MS: 500 })
    expect(settings.CORS_ORIGINS).toEqual(["https://a.example", "http://localhost:5173"])
    expect(parseEnv({ CORS_ORIGINS: "*" }).CORS_ORIGINS).toEqual(["*"])
  })

  test.each([
    "file:x.db",
    "libsql://x.turso.io",
    "http://127.0.0.1:8080",
    "wss://x",
    "postgres://u:p@h/d",
    "postgresql://h/d",
    "postgres://u:p@h/d?pooler=transaction",
    "postgres://u:p@h/d?sslmode=require&pooler=session",
    "postgresql:///d?host=/tmp",
    "postgres://a:1,b:2/d",
    "libsql://x.turso.io?authToken=t",
    "libsql://127.0.0.1:8080?tls=0",
    "file:x.db?mode=ro",
    "file:what?.db",
  ])("take the database %s", (url) => expect(parseEnv({ DATABASE_URL: url }).DATABASE_URL).toBe(url))
})

describe("a wrong setting names itself in one line", () => {
  test.each([
    ["DATABASE_URL", "weir.db"],
    ["DATABASE_URL", "http://user:secret@127.0.0.1:8080"],
    ["DATABASE_URL", "libsql://user:secret@example.turso.io"],
    ["DATABASE_URL", "postgres://user:pass@word/with@localhost/weir"],
    ["DATABASE_URL", "mysql://localhost/weir"],
    ["DATABASE_URL", "postgres://u:p@localhost/weir?pooler=statement"],
    ["DATABASE_URL", "postgres://u:p@localhost/weir?pooler="],
    ["DATABASE_URL", "postgres://u:p@localhost/weir?pooler=session&pooler=transaction"],
    ["DATABASE_URL", "postgres://u:p@localhost/weir?foo=bar"],
    ["DATABASE_URL", "libsql://x.turso.io?foo=bar"],
    ["DATABASE_URL", "libsql://x.turso.io?tls=0"],
    ["DATABASE_URL", "libsql://x.turso.io?authToken="],
    ["DATABASE_URL", "http://127.0.0.1:8080?tls=1"],
    ["DATABASE_URL", "file:x.db?mode=memory"],
    ["DATABASE_URL", "file:x.db?immutable=1"],
    ["DATABASE_URL", "file:?mode=ro"],
    ["QUERY_TIMEOUT_MS", "0"],
    ["DATABASE_URL", "/var/lib/weir.db"],
    ["PORT", "x"],
    ["PORT", "-1"],
    ["PORT", "65536"],
    ["PORT", "3000.5"],
    ["PORT", " "],
    ["AUTH_SECRET", "short"],
    ["AUTH_ISSUERS", "https://id.example.com"],
    ["AUTH_ISSUERS", "http://id.example.com|weir"],
    ["AUTH_ISSUERS", "id.example.com|weir"],
    ["AUTH_ISSUERS", "https://id.example.com?x=1|weir"],
    ["AUTH_ISSUERS", "https://a.example|weir https://a.example|else"],
    ["AUTH_ISSUERS", "[{"],
    ["AUTH_ISSUERS", '[{"issuer":"https://id.example.com","audience":[]}]'],
    ["AUTH_ISSUERS", '[{"issuer":"https://id.example.com","audience":"weir","rolse":"roles"}]'],
    ["AUTH_ISSUERS", '[{"issuer":"https://id.example.com","audience":"weir","algorithms":["HS256"]}]'],
    ["AUTH_ISSUERS", '[{"issuer":"https://id.example.com","audience":"weir","algorithms":["none"]}]'],
    ["AUTH_ISSUERS", '[{"issuer":"https://id.example.com","audience":"weir","jwks":"http://a.example/"}]'],
    ["AUTH_PROVIDERS", '{"name":"github"}'],
    ["AUTH_PROVIDERS", '[{"name":"github"}]'],
    ["AUTH_PROVIDERS", '[{"name":"my own","client_id":"x"}]'],
    ["AUTH_PROVIDERS", '[{"name":"own","client_id":"x"}]'],
    ["AUTH_PROVIDERS", '[{"name":"google","client_id":"x"},{"name":"google","client_id":"y"}]'],
    ["AUTH_REDIRECTS", "http://app.example.com/done"],
    ["AUTH_REDIRECTS", "https://app.example.com/done#x"],
    ["AUTH_REDIRECTS", "javascript:alert(1)"],
    ["AUTH_REDIRECTS", "data:text/html,x"],
    ["PUBLIC_URL", "https://api.example.com/v1"],
    ["PUBLIC_URL", "http://api.example.com"],
    ["PASSKEY_ORIGINS", "http://app.example.com"],
    ["PASSKEY_ORIGINS", "https://app.example.com,https://app.example.com/sign-in"],
    ["PASSKEY_ORIGINS", "*"],
    ["PASSKEY_DOMAIN", "https://example.com"],
    ["PASSKEY_DOMAIN", "Example.com"],
    ["PASSKEY_DOMAIN", "example.com."],
    ["CORS_ORIGINS", "example.com"],
    ["CORS_ORIGINS", "https://a.example/path"],
    ["CORS_ORIGINS", "https://a.example,b"],
    ["CORS_ORIGINS", "https://a b"],
    ["CORS_ORIGINS", "https://a.example:443"],
    ["CORS_ORIGINS", "https://A.example"],
    ["CORS_ORIGINS", "https://user@a.example"],
    ["UPSTASH_REDIS_REST_URL", "not a url"],
    ["LOG_LEVEL", "loud"],
    ["BODY_LIMIT", "1MB"],
    ["BODY_LIMIT", "0"],
    ["REQUEST_TIMEOUT_MS", "0"],
    ["REQUEST_TIMEOUT_MS", "soon"],
    ["FIRST_ADMIN_EMAIL", "boss"],
    ["FIRST_ADMIN_PASSWORD", "short"],
  ])("%s=%s", (name, value) => {
    const pair = { FIRST_ADMIN_EMAIL: "a@b.cd", FIRST_ADMIN_PASSWORD: "long enough" }
    const line = failure({ ...(name.startsWith("FIRST_ADMIN") ? pair : {}), [name]: value })
    expect(line).toMatch(new RegExp(`^${name}: .+$`))
    expect(line).not.toContain("\n")
  })

  test("a place in JSON is named by its path", () => {
    const issuer = { issuer: "https://id.example.com", audience: "weir" }
    expect(failure({ AUTH_ISSUERS: JSON.stringify([issuer, { ...issuer, issuer: "id" }]) })).toMatch(
      /^AUTH_ISSUERS: 1\.issuer: must be an https URL/,
    )
  })

  test("a secret is never in the line", () => {
    const provider = { name: "own", client_id: "x", client_secret: "a secret of another" }
    expect(failure({ AUTH_PROVIDERS: JSON.stringify([provider]) })).not.toContain("a secret")
    expect(failure({ AUTH_SECRET: "31 bytes of a secret of no use!" })).not.toContain("of a secret")
    expect(failure({ FIRST_ADMIN_EMAIL: "a@b.cd", FIRST_ADMIN_PASSWORD: "pass" })).not.toMatch(/: .*pass\b/)
  })

  test.each([
    ["FIRST_ADMIN_EMAIL", "a@b.cd"],
    ["FIRST_ADMIN_PASSWORD", "long enough"],
    ["UPSTASH_REDIS_REST_URL", "https://x.upstash.io"],
    ["UPSTASH_REDIS_REST_TOKEN", "x"],
  ])("%s without its pair names both", (name, value) => {
    const line = failure({ [name]: value })
    const pair = name.startsWith("FIRST")
      ? ["FIRST_ADMIN_EMAIL", "FIRST_ADMIN_PASSWORD"]
      : ["UPSTASH_REDIS_REST_URL", "UPSTASH_REDIS_REST_TOKEN"]
    for (const one of pair) expect(line).toContain(one)
    expect(line).not.toContain("\n")
  })
})

test("two tokens that differ are refused, and equal ones are one", () => {
  const DATABASE_URL = "libsql://x.turso.io?authToken=one"
  expect(failure({ DATABASE_URL, DATABASE_AUTH_TOKEN: "two" })).toMatch(/^DATABASE_AUTH_TOKEN: /)
  expect(parseEnv({ DATABASE_URL, DATABASE_AUTH_TOKEN: "one" }).DATABASE_AUTH_TOKEN).toBe("one")
})

test("issuers are read from a short form and from JSON", () => {
  const [one, two] = ["https://id.example.com/", "http://127.0.0.1:8080"]
  expect(parseEnv({ AUTH_ISSUERS: `${one}|weir, ${two}|a|b` }).AUTH_ISSUERS).toEqual([
    { issuer: one, audience: "weir" },
    { issuer: two, audience: ["a", "b"] },
  ])
  const whole = { issuer: one, audience: ["weir"], create: true, roles: "realm_access.roles", scopes: false }
  expect(parseEnv({ AUTH_ISSUERS: JSON.stringify([whole]) }).AUTH_ISSUERS).toEqual([whole])
})

test("providers need a place to lead to", () => {
  const AUTH_PROVIDERS = '[{"name":"github","client_id":"x","client_secret":"y"}]'
  expect(failure({ AUTH_PROVIDERS })).toMatch(/^AUTH_REDIRECTS: /)
  const AUTH_REDIRECTS = "https://app.example.com/done, com.example.app:/done,http://localhost:5173/done"
  expect(parseEnv({ AUTH_PROVIDERS, AUTH_REDIRECTS }).AUTH_REDIRECTS).toHaveLength(3)
})

describe("AUTH_SECRET", () => {
  test("is required in production", () => {
    const required = (raw: Record<string, string>) => () => requireSecret(parseEnv(raw))
    expect(required({ NODE_ENV: "production" })).toThrow(/^AUTH_SECRET: .*required/)
    expect(required({ NODE_ENV: "production", AUTH_SECRET: "" })).toThrow(/^AUTH_SECRET: /)
    expect(required({})).not.toThrow()
    expect(parseEnv({ NODE_ENV: "production", AUTH_SECRET: "x".repeat(32) }).AUTH_SECRET).toHaveLength(32)
  })

  test("holds 32 bytes, not 31: bytes, not letters", () => {
    expect(failure({ AUTH_SECRET: "x".repeat(31) })).toMatch(/^AUTH_SECRET: .*32 bytes/)
    expect(parseEnv({ AUTH_SECRET: "x".repeat(32) }).AUTH_SECRET).toHaveLength(32)
    expect(parseEnv({ AUTH_SECRET: "é".repeat(16) }).AUTH_SECRET).toHaveLength(16)
  })
})

test("the first admin's password is one that the API would take, too", () => {
  const pair = (FIRST_ADMIN_PASSWORD: string) => ({ FIRST_ADMIN_EMAIL: "a@b.cd", FIRST_ADMIN_PASSWORD })
  expect(parseEnv(pair("x".repeat(8))).FIRST_ADMIN_PASSWORD).toHaveLength(8)
  expect(parseEnv(pair("x".repeat(200))).FIRST_ADMIN_PASSWORD).toHaveLength(200)
  expect(failure(pair("x".repeat(7)))).toMatch(/^FIRST_ADMIN_PASSWORD: /)
  // The sign-in form takes 200 characters at the most: with more, nobody could ever sign in.
  expect(failure(pair("x".repeat(201)))).toMatch(/^FIRST_ADMIN_PASSWORD: /)
})

test("HOST takes an IPv6 address with the brackets of URLs, too", () => {
  expect(parseEnv({ HOST: "[::1]" }).HOST).toBe("::1")
  expect(parseEnv({ HOST: "::" }).HOST).toBe("::")
  expect(parseEnv({ HOST: "localhost" }).HOST).toBe("localhost")
})
