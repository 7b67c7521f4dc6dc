import { execFileSync } from "node:child_process"
import { chmodSync, chownSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { classify } from "../../../src/weir/db/dialect/postgres/errors.ts"
import type { Database } from "../../../src/weir/db/driver.ts"
import { openPostgresPool } from "../../../src/weir/db/drivers/postgres.ts"
import { admin, emptyPostgres } from "../support/databases.ts"
import { eventually } from "../support/http.ts"
import { runCommand, runMigrate, runNode, tempFolder } from "../support/node-server.ts"
import { hasPgBouncer, startPgBouncer } from "../support/pgbouncer.ts"
import { freePort } from "../support/ports.ts"
import { nobody, startPostgres } from "../support/postgres-server.ts"

const readFile = (path: string): string => readFileSync(path, "utf8")

/** Runs `work` on a database by its URL. */
async function on<T>(url: string, work: (database: Database) => Promise<T>): Promise<T> {
  const database = openPostgresPool(url, { max: 4, statementTimeout: 10_000, readFile })
  try {
    return await work(database)
  } finally {
    await database.close()
  }
}

const value = async (database: Database, text: string): Promise<unknown> =>
  (await database.connect().query({ text, params: [], bounded: true }))[0]?.[0]

const answer = (url: string, text = "select 1"): Promise<unknown> =>
  on(url, (database) => value(database, text))

describe("a URL as providers and libpq write it", () => {
  let url: string
  beforeAll(async () => {
    url = await emptyPostgres()
  })

  test.each([
    "application_name=x",
    "sslmode=disable",
    "sslmode=prefer",
    "channel_binding=prefer",
    "channel_binding=require",
    "connect_timeout=5",
    "keepalives=1",
    "keepalives_idle=30",
    "gssencmode=disable",
    "target_session_attrs=read-write",
    "schema=public",
    "pgbouncer=true",
    "connection_limit=1",
    "pool_timeout=10",
    "supa=base-pooler.x",
    "options=-c%20work_mem%3D8MB",
  ])("%s", async (query) => expect(await answer(`${url}?${query}`)).toBe(1))

  test("what is meant for the server reaches it", async () => {
    const query = "application_name=shop&search_path=a,b&options=-c%20work_mem%3D8MB&lock_timeout=4s"
    const show =
      "concat_ws(' ', current_setting('application_name'), current_setting('search_path'), current_setting('work_mem'), current_setting('lock_timeout'))"
    expect(await answer(`${url}?${query}`, `select ${show}`)).toBe("shop a,b 8MB 4s")
  })

  test("no statement is compiled, unless the URL says so", async () => {
    const sql = admin(url)
    await sql.unsafe(`alter database "${new URL(url).pathname.slice(1)}" set jit = on`)
    await sql.end()
    const jit = "select current_setting('jit')"
    expect(await answer(url, jit)).toBe("off")
    expect(await answer(`${url}?jit=on`, jit)).toBe("on")
    expect(await answer(`${url}?options=-c%20jit%3Don`, jit)).toBe("on")
  })

  test("connection_limit is the most connections, and pool_timeout how long one waits for them", async () => {
    await on(`${url}?connection_limit=1&pool_timeout=1`, async (database) => {
      const sleeping = value(database, "select pg_sleep(3)")
      const error = await value(database, "select 2").catch((failure: unknown) => failure)
      expect(error).toMatchObject({ code: "POOL_TIMEOUT" })
      expect(classify(error)).toEqual({ kind: "unavailable" })
      expect(database.load?.().open).toBe(1)
      await sleeping
      expect(await value(database, "select 2")).toBe(2)
      expect(database.load?.().waiting).toBe(0)
    })
  })

  test("a statement that waits for a lock longer than lock_timeout is a timeout", async () => {
    const sql = admin(url)
    await sql`create table locked (id int)`
    await sql`begin`
    await sql`lock table locked`
    const error = await answer(`${url}?lock_timeout=50`, "select * from locked").catch(
      (failure: unknown) => failure,
    )
    expect(classify(error)).toEqual({ kind: "timeout" })
    await sql`commit`
    await sql.end()
  })

  test("a socket, in all three spellings, the commands included", async () => {
    const folder = String(await answer(url, "select current_setting('unix_socket_directories')"))
    const { port, pathname } = new URL(url)
    const name = pathname.slice(1)
    const encoded = encodeURIComponent(folder)
    for (const at of [
      `postgresql:///${name}?host=${folder}&port=${port}&user=postgres`,
      `postgresql://postgres@${encoded}:${port}/${name}`,
      `postgres://postgres@localhost:${port}/${name}?host=${encoded}&sslmode=require`,
    ])
      expect(await answer(at, "select inet_server_addr() is null")).toBe(true)
    const DATABASE_URL = `postgresql://postgres@/${name}?host=${encoded}&port=${port}`
    const migrated = await runMigrate({ DATABASE_URL })
    expect(migrated.stderr).toBe("")
    expect(migrated.stdout).toContain(`Postgres at ${folder}:${port}/${name}: applied`)
  })

  test("a parameter that is not taken ends each command and the start with one line", async () => {
    const DATABASE_URL = `${url}?mystery=1`
    const ended = [
      await runCommand({ DATABASE_URL }, "status"),
      await runNode({ DATABASE_URL, PORT: await freePort() }),
    ]
    for (const { code, stderr } of ended) {
      expect(stderr.trim().split("\n")).toHaveLength(1)
      expect(stderr).toContain("DATABASE_URL: has the parameter mystery")
      expect(code).toBe(1)
    }
  })

  test("several servers: the one that takes writes is found, and one that is away is passed over", async () => {
    const { host, pathname } = new URL(url)
    const away = `127.0.0.1:${await freePort()}`
    const at = `postgres://postgres@${away},${host}${pathname}?target_session_attrs=read-write`
    expect(await answer(at)).toBe(1)
  })
})

describe("TLS, with a certificate for localhost of an authority of its own", () => {
  let server: Awaited<ReturnType<typeof startPostgres>>
  let root: string
  let at: (host: string, query: string) => string
  beforeAll(async () => {
    const port = await freePort()
    server = await startPostgres(port)
    const folder = tempFolder()
    const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "ignore" })
    const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl(
      "req",
      "-x509",
      ...ec,
      "-keyout",
      "ca.key",
      "-out",
      "ca.crt",
      "-subj",
      "/CN=Test authority",
      "-days",
      "30",
    )
    const data = join(server.folder, "data")
    const [cert, key] = [join(data, "server.crt"), join(data, "server.key")]
    openssl(
      "req",
      ...ec,
      "-keyout",
      key,
      "-out",
      "s.csr",
      "-subj",
      "/CN=localhost",
      "-addext",
      "subjectAltName=DNS:localhost",
    )
    openssl(
      "x509",
      "-req",
      "-in",
      "s.csr",
      "-CA",
      "ca.crt",
      "-CAkey",
      "ca.key",
      "-CAcreateserial",
      "-out",
      cert,
      "-copy_extensions",
      "copy",
      "-days",
      "30",
    )
    chmodSync(key, 0o600)
    if (nobody.uid) for (const path of [cert, key]) chownSync(path, nobody.uid, nobody.gid)
    const sql = admin(server.url)
    await sql`alter system set ssl = on`
    await sql`select pg_reload_conf()`
    await sql.end()
    root = join(folder, "ca.crt")
    at = (host, query) => `postgres://postgres@${host}:${port}/postgres${query}`
    await eventually(async () => expect(await isEncrypted(at("127.0.0.1", "?sslmode=require"))).toBe(true))
  })
  afterAll(() => server.stop())

  const isEncrypted = (url: string) => answer(url, "select ssl from pg_stat_ssl where pid = pg_backend_pid()")

  test("disable, allow, prefer and require", async () => {
    expect(await isEncrypted(at("localhost", ""))).toBe(false)
    expect(await isEncrypted(at("localhost", "?sslmode=disable"))).toBe(false)
    for (const mode of ["allow", "prefer", "require"])
      expect(await isEncrypted(at("localhost", `?sslmode=${mode}`))).toBe(true)
    expect(await isEncrypted(at("127.0.0.1", "?sslmode=require&sslnegotiation=direct"))).toBe(true)
  })

  test("verify-ca and verify-full check against sslrootcert, and verify-full the name or address", async () => {
    for (const [host, query] of [
      ["localhost", "?sslmode=verify-ca"],
      ["127.0.0.1", "?sslmode=verify-ca"],
      ["localhost", "?sslmode=verify-full"],
      ["127.0.0.1", "?sslmode=require"],
    ] as const)
      expect(await isEncrypted(at(host, `${query}&sslrootcert=${root}`)), host + query).toBe(true)
    for (const [host, query] of [
      ["127.0.0.1", `?sslmode=verify-full&sslrootcert=${root}`],
      ["localhost", "?sslmode=verify-full"],
      ["localhost", "?sslmode=verify-ca"],
      ["localhost", "?sslrootcert=system"],
    ] as const)
      await expect(isEncrypted(at(host, query)), host + query).rejects.toMatchObject({
        code: expect.stringMatching(/^(ERR_TLS|UNABLE_TO|SELF_SIGNED|DEPTH)/),
      })
  })

  test("a server without TLS refuses require, and is taken with prefer", async () => {
    const sql = admin(server.url)
    await sql`alter system set ssl = off`
    await sql`select pg_reload_conf()`
    await sql.end()
    await eventually(async () => expect(await isEncrypted(at("localhost", "?sslmode=prefer"))).toBe(false))
    await expect(isEncrypted(at("localhost", "?sslmode=require"))).rejects.toThrow()
  })

  test("a certificate that cannot be read, or is not trusted, ends a command with one line", async () => {
    for (const [query, words] of [["?sslmode=verify-ca&sslrootcert=/no/such.pem", "sslrootcert"]] as const) {
      const { code, stderr } = await runCommand({ DATABASE_URL: at("localhost", query) }, "status")
      expect(stderr.trim().split("\n")).toHaveLength(1)
      expect(stderr).toContain(words)
      expect(code).toBe(1)
    }
  })
})

describe.skipIf(!hasPgBouncer)("behind PgBouncer", () => {
  test("a search_path that it refuses or drops ends commands and the start: names would mean others", async () => {
    const url = await emptyPostgres()
    const sql = admin(url)
    await sql`create schema weir`
    await sql.end()
    for (const [settings, words] of [
      [[], /search_path/],
      [["ignore_startup_parameters = search_path,statement_timeout"], /search_path.*drops it/],
    ] as const) {
      const pgbouncer = await startPgBouncer(url, { mode: "transaction", size: 2, settings: [...settings] })
      const DATABASE_URL = `${pgbouncer.url}?search_path=weir&pooler=transaction`
      const ended = [
        await runMigrate({ DATABASE_URL }),
        await runNode({ DATABASE_URL, PORT: await freePort() }),
      ]
      await pgbouncer.stop()
      for (const { code, stderr } of ended) {
        expect(stderr).toMatch(words)
        expect(code).toBe(1)
      }
    }
    expect(
      await answer(url, "select count(*)::int from pg_tables where schemaname in ('public', 'weir')"),
    ).toBe(0)
  })
})
