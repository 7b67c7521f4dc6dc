import { describe, expect, test } from "vitest"
import { opener } from "../../../src/weir/db/drivers/postgres-open.ts"
import { Pooler } from "../../../src/weir/db/drivers/postgres-pooler.ts"
import { sslOf } from "../../../src/weir/db/drivers/postgres-tls.ts"
import {
  addressOf,
  type PostgresTarget,
  parsePostgresUrl,
  withDatabase,
} from "../../../src/weir/db/drivers/postgres-url.ts"

const parsed = (query: string): PostgresTarget => parsePostgresUrl(`postgres://u:p@h/d${query}`)

/** What postgres.js makes of a URL. */
function optionsOf(url: string, statementTimeout = 1_000) {
  const target = parsePostgresUrl(url)
  const pooler = new Pooler(target.pooler, { checksAll: false, label: "" })
  const connectTimeoutMs = (target.connectTimeout ?? 5) * 1_000
  const sql = opener(target, {
    statementTimeout,
    connectTimeoutMs,
    pooler,
    isDirect: false,
    readFile: () => "PEM",
  })()
  return sql.options as unknown as Record<string, unknown> & { connection: Record<string, string> }
}

describe("where and as whom", () => {
  test.each<[string, object, string]>([
    [
      "postgres://u:p%40ss@h:6543/d",
      { hosts: ["h"], ports: [6543], user: "u", password: "p@ss" },
      "h:6543/d",
    ],
    ["postgresql://h/d", { hosts: ["h"], user: undefined, database: "d" }, "h/d"],
    ["postgres://u@h", { user: "u", database: undefined }, "h"],
    ["postgres://u:p@ss@h/d", { user: "u", password: "p@ss", hosts: ["h"] }, "h/d"],
    ["postgres://u@[::1]:5433/d", { hosts: ["::1"], ports: [5433] }, "[::1]:5433/d"],
    ["postgres://a:1,b:2/d", { hosts: ["a", "b"], ports: [1, 2] }, "a:1,b:2/d"],
    [
      "postgresql:///d?host=/run/postgresql",
      { hosts: ["/run/postgresql"], database: "d" },
      "/run/postgresql/d",
    ],
    ["postgresql://%2Frun%2Fpg/d", { hosts: ["/run/pg"] }, "/run/pg/d"],
    ["postgres://u:p@localhost/d?host=/cloudsql/x:y:z", { hosts: ["/cloudsql/x:y:z"] }, "/cloudsql/x:y:z/d"],
    [
      "postgres:///?dbname=d&user=u&password=p&host=h&port=1",
      { user: "u", password: "p", ports: [1] },
      "h:1/d",
    ],
    ["postgres://h/my%20d", { database: "my d" }, "h/my d"],
  ])("%s", (url, target, address) => {
    expect(parsePostgresUrl(url)).toMatchObject(target)
    expect(addressOf(parsePostgresUrl(url))).toBe(address)
  })

  test("reach postgres.js whole: names, lists, IPv6, sockets", () => {
    const named = optionsOf("postgres://u:p%2Fw@h:6543/d")
    expect(named).toMatchObject({
      host: ["h"],
      port: [6543],
      user: "u",
      pass: "p/w",
      database: "d",
      ssl: false,
    })
    expect(optionsOf("postgres://u@h/d")).toMatchObject({ host: ["h"], port: [5432] })
    expect(optionsOf("postgres://u@[::1]/d")).toMatchObject({ host: ["::1"], port: [5432] })
    expect(optionsOf("postgres://u@a:1,b/d?target_session_attrs=primary")).toMatchObject({
      host: ["a", "b"],
      port: [1, 5432],
      target_session_attrs: "primary",
    })
    expect(optionsOf("postgres:///d?host=/tmp&port=6000&sslmode=require")).toMatchObject({
      path: "/tmp/.s.PGSQL.6000",
      ssl: false,
    })
  })

  test("another database of the server keeps all else", () => {
    expect(withDatabase("postgres://u:p@h:1/d?sslmode=require&dbname=x", "e f")).toBe(
      "postgres://u:p@h:1/e%20f?sslmode=require",
    )
    expect(withDatabase("postgresql:///d?host=/tmp", "e")).toBe("postgresql:///e?host=%2Ftmp")
  })
})

describe("parameters that are taken as meant", () => {
  test.each<[string, object]>([
    ["?pooler=transaction", { pooler: "transaction" }],
    ["?pgbouncer=true", { pooler: "transaction" }],
    ["?pgbouncer=true&pooler=transaction", { pooler: "transaction" }],
    ["?pgbouncer=false", { pooler: undefined }],
    [
      "?connection_limit=3&pool_timeout=10&connect_timeout=15",
      { maxConnections: 3, poolTimeout: 10, connectTimeout: 15 },
    ],
    ["?connect_timeout=0", { connectTimeout: undefined }],
    ["?keepalives=0&keepalives_idle=30", { keepAlive: 0 }],
    ["?keepalives=1&keepalives_idle=30&keepalives_interval=5&keepalives_count=3", { keepAlive: 30 }],
    ["?target_session_attrs=read-write", { sessionAttrs: "read-write" }],
    ["?target_session_attrs=any", { sessionAttrs: undefined }],
    ["?sslmode=require&channel_binding=require", { sslMode: "require" }],
    ["?ssl=true", { sslMode: "require" }],
    ["?ssl=true&sslmode=verify-full", { sslMode: "verify-full" }],
    ["?sslmode=verify-full&ssl=true", { sslMode: "verify-full" }],
    ["?gssencmode=disable&sslcompression=0&uselibpqcompat=true&supa=base-pooler.x", {}],
    ["?options=endpoint%3Dep-cool-1", { options: ["endpoint=ep-cool-1"] }],
  ])("%s", (query, target) => expect(parsed(query)).toMatchObject(target))

  test.each<[string, Record<string, string>]>([
    ["?schema=weir", { search_path: "weir" }],
    ["?schema=My%20App", { search_path: '"My App"' }],
    ["?schema=weir&search_path=weir&options=-c%20search_path%3Dweir", { search_path: "weir" }],
    [
      "?options=-c%20search_path%3Dweir,public%20--work_mem%3D8MB%20-cjit%3Doff",
      { search_path: "weir,public", work_mem: "8MB", jit: "off" },
    ],
    ["?options=-c%20search_path%3Da,%5C%20b", { search_path: "a, b" }],
    ["?application_name=shop&fallback_application_name=x", { application_name: "shop" }],
    ["?statement_timeout=1000&lock_timeout=5s", { statement_timeout: "1000", lock_timeout: "5s" }],
    ["?synchronous_commit=remote_apply", { synchronous_commit: "remote_apply" }],
    ["?TimeZone=utc&client_encoding=utf8&standard_conforming_strings=on", {}],
  ])("%s", (query, settings) => expect(Object.fromEntries(parsed(query).settings)).toEqual(settings))

  test("each connection is opened with them, and with the settings that answers depend on", () => {
    const { connection } = optionsOf(
      "postgres://h/d?search_path=weir&options=endpoint%3De&synchronous_commit=local",
    )
    expect(connection).toMatchObject({
      application_name: "weir",
      search_path: "weir",
      options: "endpoint=e",
      DateStyle: "ISO, MDY",
      extra_float_digits: "1",
      statement_timeout: "1000",
      synchronous_commit: "local",
    })
    expect(optionsOf("postgres://h/d", 0).connection.statement_timeout).toBe("0")
    // A transaction pooler refuses others.
    expect(Object.keys(optionsOf("postgres://h/d?pgbouncer=true").connection).sort()).toEqual([
      "DateStyle",
      "TimeZone",
      "application_name",
      "standard_conforming_strings",
    ])
  })
})

describe("TLS is as libpq has it", () => {
  const ssl = (query: string, host = "h") =>
    sslOf(parsePostgresUrl(`postgres://u@${host}/d${query}`), (path) => `PEM of ${path}`)
  test.each<[string, unknown]>([
    ["", false],
    ["?sslmode=disable", false],
    ["?sslmode=allow", "prefer"],
    ["?sslmode=prefer", "prefer"],
    ["?sslmode=require", "require"],
    ["?sslmode=verify-full", "verify-full"],
    ["?sslrootcert=system", "verify-full"],
    ["?sslmode=require&sslrootcert=r.pem", { ca: "PEM of r.pem", rejectUnauthorized: true }],
    ["?sslmode=verify-full&sslrootcert=r.pem", { ca: "PEM of r.pem", rejectUnauthorized: true }],
    ["?sslmode=require&sslcert=c&sslkey=k", { cert: "PEM of c", key: "PEM of k", rejectUnauthorized: false }],
  ])("%s", (query, expected) =>
    typeof expected === "object"
      ? expect(ssl(query)).toMatchObject(expected as object)
      : expect(ssl(query)).toBe(expected),
  )

  test("verify-ca does not look at the host's name, and verify-full at an address as well", () => {
    const { checkServerIdentity } = ssl("?sslmode=verify-ca") as { checkServerIdentity(): unknown }
    expect(checkServerIdentity()).toBe(undefined)
    expect(ssl("?sslmode=verify-full", "10.0.0.1")).toMatchObject({
      host: "10.0.0.1",
      rejectUnauthorized: true,
    })
  })

  test("a file that is not there, or where there are none, is named", () => {
    const target = parsed("?sslmode=verify-ca&sslrootcert=/no/such.pem")
    expect(() => sslOf(target, undefined)).toThrow(/has sslrootcert/)
    const missing = () => {
      throw new Error("ENOENT")
    }
    expect(() => sslOf(target, missing)).toThrow(/sslrootcert.*ENOENT/)
  })
})

describe("the rest is refused by name", () => {
  test.each([
    ["?foo=1", "foo"],
    ["?hostaddr=127.0.0.1", "hostaddr"],
    ["?service=x", "service"],
    ["?pooler=transaction&pooler=session", "pooler twice"],
    ["?pgbouncer=true&pooler=session", "contradicts"],
    ["?schema=a&search_path=b", "contradicts"],
    ["?search_path=a&options=-c%20search_path%3Db", "search_path"],
    ["?sslmode=disable&ssl=true", "contradicts"],
    ["?sslmode=strict", "sslmode"],
    ["?sslrootcert=system&sslmode=require", "sslrootcert"],
    ["?sslcert=x", "sslkey"],
    ["?gssencmode=require", "gssencmode"],
    ["?target_session_attrs=standby", "target_session_attrs"],
    ["?connection_limit=0", "connection_limit"],
    ["?connect_timeout=soon", "connect_timeout"],
    ["?DateStyle=German", "DateStyle"],
    ["?options=-c%20extra_float_digits%3D0", "extra_float_digits"],
    ["?options=-c%20default_transaction_read_only%3Don", "default_transaction_read_only"],
    ["?options=-B%2016", "options"],
    ["?options=", "options"],
    ["?application_name=", "application_name"],
    ["?port=x", "port"],
    ["?host=/tmp,h", "socket"],
    ["?host=a,b&port=1,2,3", "ports"],
  ])("%s: %s", (query, name) => expect(() => parsed(query)).toThrow(new RegExp(name)))

  test.each([
    "postgres://u:top/secret@h/d",
    "postgres://u:top?secret@h/d",
    "postgres://u:top#secret@h/d",
    "postgres://u:top%secret@h/d",
    "postgres://u:topsecret@h:port/d",
    "postgres://u:p@h/d?top%20secret=1",
    "postgres:top-secret",
  ])("%s, and never with a password", (url) => {
    let message = ""
    try {
      parsePostgresUrl(url)
    } catch (error) {
      message = (error as Error).message
    }
    expect(message).toMatch(/is not a URL/)
    expect(message).not.toMatch(/secret|top/)
  })

  test("unless somebody else wrote the URL, as Hyperdrive does", () => {
    expect(
      parsePostgresUrl("postgres://u:p@h.hyperdrive.local:5432/d?cloud=1&sslmode=disable", true),
    ).toMatchObject({
      hosts: ["h.hyperdrive.local"],
      sslMode: "disable",
    })
  })
})
