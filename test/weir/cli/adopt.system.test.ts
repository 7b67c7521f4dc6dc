import { copyFileSync, cpSync, existsSync, rmSync } from "node:fs"
import { join } from "node:path"
import { beforeEach, describe, expect, test } from "vitest"
import { refused, worked } from "../support/ask.ts"
import { killed } from "../support/node-server.ts"
import { databases, type Project, project } from "../support/project.ts"

const root = join(import.meta.dirname, "../../..")
const schemas = join(root, "test/weir/schemas")

let at: Project
beforeEach(() => {
  at = project()
  for (const path of ["src/schema", "drizzle", "src/routes", "src/resources.ts", "src/api.ts"])
    rmSync(join(at.folder, path), { recursive: true, force: true })
})

const take = (from: string, to: string) =>
  cpSync(join(schemas, from), join(at.folder, to), { recursive: true })
const adopt = (...args: string[]) => at.run(undefined, "adopt", ...args)

/** A member of a JSON body. */
const bodyOf = async (response: Response): Promise<unknown> => response.json()

async function serving<T>(
  url: string,
  work: (address: string) => Promise<T>,
  env: Record<string, string> = {},
): Promise<T> {
  const { address, child } = await at.serve(url, { AUTH_SECRET: "s".repeat(32), ...env })
  try {
    return await work(address)
  } finally {
    await killed(child)
  }
}

const pg = `import { pgTable, serial, text, timestamp, varchar } from "drizzle-orm/pg-core"
export const users = pgTable("Users", { id: serial("id").primaryKey(), email: varchar("mail", { length: 90 }).notNull().unique(), passwordHash: text("pw_hash").notNull(), role: text("role").notNull().default("user"), apiKey: text("api_key"), madeAt: timestamp("made_at").defaultNow() })
export const posts = pgTable("posts", { id: serial().primaryKey(), userId: serial("user_id").references(() => users.id), text: text() })
export const visits = pgTable("visits", { path: text() })
`

test("closed but for admins: written, migrated, started; an admin enters and nobody else", async () => {
  at.write("src/tables.ts", pg)
  const said = worked(await adopt("src/tables.ts"))
  expect(said).toBe(`src/resources.ts and src/api.ts: 3 tables of src/tables.ts, closed but for admins
hidden, since their names look like secrets: users.passwordHash, users.apiKey
visits has no key: its rows have no /visits/{key}
accounts: users, signing in by email with passwordHash, which is hashed by scrypt: for hashes of another kind, write hash and verify of your own
admins are the rows of users whose role is "admin"
`)
  expect(at.read("src/resources.ts")).toContain("embed: { posts: {} },")
  expect(at.read("src/resources.ts")).toContain(
    "// apiKey is hidden: fields: { apiKey: { read: … } } shows it.",
  )
  at.write(
    "drizzle.config.ts",
    `export default { dialect: "postgresql", schema: "./src/tables.ts", out: "./migrations" }\n`,
  )
  worked(await at.db(undefined, "generate", "--name", "first"))
  const url = await databases.Postgres()
  worked(await at.db(url, "migrate"))
  const wrong = refused(await (await at.serve("file:weir.db")).ended)
  expect(wrong).toMatch(
    /posts: the table is made by pgTable, and DATABASE_URL is that of SQLite: give the URL of a Postgres database$/,
  )
  const first = { FIRST_ADMIN_EMAIL: "root@example.com", FIRST_ADMIN_PASSWORD: "correct horse battery" }
  await serving(
    url,
    async (address) => {
      expect((await fetch(`${address}/ready`)).status).toBe(200)
      expect((await fetch(`${address}/posts`)).status).toBe(401)
      const body = new URLSearchParams({
        username: first.FIRST_ADMIN_EMAIL,
        password: first.FIRST_ADMIN_PASSWORD,
      })
      const { access_token } = (await bodyOf(
        await fetch(`${address}/auth/token`, { method: "POST", body }),
      )) as { access_token: string }
      const headers = { authorization: `Bearer ${access_token}`, "content-type": "application/json" }
      const made = await fetch(`${address}/posts`, {
        method: "POST",
        headers,
        body: JSON.stringify({ userId: 1, text: "a" }),
      })
      expect(made.status, await made.clone().text()).toBe(201)
      const users = JSON.stringify(await bodyOf(await fetch(`${address}/users?include=posts`, { headers })))
      expect(users).toContain('"text":"a"')
      expect(users).not.toMatch(/passwordHash|apiKey|scrypt/)
    },
    first,
  )
})

test.each([
  ["pg-core", "pgTable", "postgresql"],
  ["sqlite-core", "sqliteTable", "sqlite"],
])("exports of %s that are no tables are passed over, namespaces as well", async (core, maker, dialect) => {
  at.write("src/parts.ts", "export const title = 'Docs'\n")
  at.write(
    "src/tables.ts",
    `import { ${maker}, text } from "drizzle-orm/${core}"
export * as nested from "./parts.ts"
export const bare = Object.create(null)
export const nothing = null
export const many = [Object.create(null)]
export class Words {}
export const pages = ${maker}("pages", { id: text("id").primaryKey(), title: text("title") })
`,
  )
  expect(worked(await adopt("src/tables.ts"))).toContain("1 table of src/tables.ts, closed but for admins")
  at.write(
    "drizzle.config.ts",
    `export default { dialect: "${dialect}", schema: "./src/tables.ts", out: "./migrations" }\n`,
  )
  expect(worked(await at.db(undefined, "generate", "--name", "first"))).toContain("0000_first.sql")
})

test("without a table of users, nobody can enter, which is said", async () => {
  take("pg-chat/pg-chat.ts", "src/schema/chat.ts")
  const said = worked(await adopt("src/schema/chat.ts"))
  expect(said).toContain("9 tables of src/schema/chat.ts, closed but for admins")
  expect(said).toContain("member.pinHash")
  expect(said).toMatch(
    /accounts: there is no table .* nobody can sign in, and all tables are closed to everyone/,
  )
  expect(at.read("src/api.ts")).toContain("accounts: false")
})

test("--open: anyone reads and writes on one's own machine, and production does not start", async () => {
  take("sqlite-mail/sqlite-mail.ts", "src/schema/mail.ts")
  expect(worked(await adopt("src/schema/mail.ts", "--open"))).toContain(
    "10 tables of src/schema/mail.ts, open to anyone",
  )
  worked(await at.db(undefined, "generate", "--name", "first"))
  const url = await databases["libSQL file"]()
  await serving(url, async (address) => {
    expect((await fetch(`${address}/ready`)).status).toBe(200)
    expect((await fetch(`${address}/letters`)).status).toBe(200)
  })
  const production = { NODE_ENV: "production", AUTH_SECRET: "s".repeat(32) }
  const { ended } = await at.serve(url, production)
  expect(refused(await ended)).toMatch(
    /NODE_ENV: production does not start while openToAnyone is a rule of \w+, \w+, \w+ and 7 more/,
  )
})

test("a folder's index.ts, with a casing that is given or read", async () => {
  take("sqlite-travel", "src/schema")
  worked(await adopt("src/schema", "--casing", "snake_case"))
  expect(at.read("src/api.ts")).toContain('casing: "snake_case"')
  at.edit("drizzle.config.ts", `dialect: "sqlite",`, `dialect: "sqlite", casing: "snake_case",`)
  worked(await adopt("src/schema"))
  expect(at.read("src/api.ts")).toContain('casing: "snake_case"')
  expect(refused(await adopt("src/schema", "--casing", "kebab"))).toContain("--casing kebab")
})

describe("files that are there", () => {
  const files = () => [at.read("src/api.ts"), at.read("src/resources.ts")]
  beforeEach(() => take("pg-chat/pg-chat.ts", "src/schema/chat.ts"))

  test("as the project brought them, or as adopt wrote them, are replaced", async () => {
    for (const name of ["api.ts", "resources.ts"])
      copyFileSync(join(root, "src", name), join(at.folder, "src", name))
    at.write("src/schema/users.ts", "export {}\n")
    const said = worked(await adopt("src/schema/chat.ts"))
    expect(said).toContain("no longer used, and to be deleted: src/schema/users.ts")
    expect(worked(await adopt("src/schema/chat.ts", "--open"))).toContain("open to anyone")
  })

  test("that were changed are kept, unless that is said", async () => {
    worked(await adopt("src/schema/chat.ts"))
    at.edit("src/resources.ts", "read: admin", "read: admin // mine")
    const before = files()
    expect(refused(await adopt("src/schema/chat.ts"))).toContain(
      "src/resources.ts would be replaced: add --force to lose what is there",
    )
    expect(files()).toEqual(before)
    worked(await adopt("src/schema/chat.ts", "--force"))
    expect(files()).not.toEqual(before)
  })

  test("wrong use is one line, and nothing is written", async () => {
    at.write("src/schema/none.ts", "export const nothing = 1\n")
    at.write("src/schema/broken.ts", "export const x = nothing\n")
    expect(refused(await adopt("src/schema/no.ts"))).toContain("src/schema/no.ts does not exist")
    expect(refused(await adopt("src/schema"))).toContain("src/schema has no index.ts")
    expect(refused(await adopt("src/schema/none.ts"))).toContain("exports no table")
    expect(refused(await adopt("src/schema/broken.ts"))).toContain("nothing is not defined")
    expect(existsSync(join(at.folder, "src/api.ts"))).toBe(false)
  })
})

test("each schema of others is adopted whole, in text that types and lint take", async () => {
  for (const [from, file, ...more] of [
    ["pg-saas/pg-saas.ts", "src/schema/saas.ts"],
    ["pg-shop", "src/schema/shop/index.ts"],
    ["sqlite-builder/sqlite-builder.ts", "src/schema/builder.ts"],
  ] as const) {
    take(from, file.replace("/index.ts", ""))
    const said = worked(await adopt(file, "--force", ...more))
    expect(said).not.toMatch(/^left out: /m)
    for (const name of ["biome.json", ".gitignore"]) copyFileSync(join(root, name), join(at.folder, name))
    const check = await at.bin("biome", "check", "src/api.ts", "src/resources.ts")
    expect(check.code, check.stdout + check.stderr).toBe(0)
  }
  const types = await at.bin("tsc")
  expect(types.code, types.stdout).toBe(0)
})
