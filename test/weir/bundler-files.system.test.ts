import { beforeAll, expect, test } from "vitest"
import { refused, worked } from "./support/ask.ts"
import { bundlerFiles } from "./support/bundler-files.ts"
import { type BundlerProject, bundlerProject } from "./support/bundler-project.ts"
import { eventually, httpCaller } from "./support/http.ts"

let at: BundlerProject
beforeAll(() => {
  at = bundlerProject(bundlerFiles)
})

const ready = / is at (http:\/\/[\d.]+:\d+),/

/** `npm start` and the like, on a port of the kernel's choice. */
async function serve(script: string, env: Record<string, string> = {}) {
  const { match, ...server } = await at.until(ready, { PORT: "0", ...env }, "npm", "run", script)
  return { ...server, call: httpCaller(match[1] as string) }
}

const db = (command: string, ...args: string[]) => at.run("npm", "run", "-s", `db:${command}`, "--", ...args)

test("tsc takes them", async () => {
  worked(await at.run("tsc"))
})

test("db:generate makes the migrations of both dialects, and the other commands take them", async () => {
  const said = worked(await db("generate", "--name", "init"))
  expect(said).toContain("sqlite: 0000_init.sql and down/0000_init.sql")
  expect(said).toContain("postgres: 0000_init.sql and down/0000_init.sql")
  expect(worked(await db("generate", "--name", "again"))).toBe(
    "sqlite: nothing has changed\npostgres: nothing has changed\n",
  )
  worked(await db("migrate"))
  expect(worked(await db("status"))).toContain("0000_init")
  expect(worked(await db("seed"))).toContain("3 users, 10 notes")
  expect(worked(await db("export", "notes"))).toContain('"kind":"done"')
  expect((await at.run("npm", "run", "-s", "doctor")).code).toBe(0)
})

test("drizzle-kit by its own config has the same tables", async () => {
  const generated = await at.run("drizzle-kit", "generate")
  expect(generated.stdout, generated.stderr).toContain("nothing to migrate")
  const { stdout, stderr, code } = await at.run("drizzle-kit", "export")
  expect(code, stderr).toBe(0)
  for (const name of ["users", "notes", "tags"]) expect(stdout).toContain(`CREATE TABLE \`${name}\``)
  expect(stdout).toContain("notes_author_id_index")
})

test("vitest loads them", async () => {
  const { code, stdout, stderr } = await at.run(
    ...["vitest", "run", "--project", "libsql-file", "test/team.test.ts"],
  )
  expect(code, stdout + stderr).toBe(0)
  expect(stdout).toMatch(/Tests .*\d+ passed/)
})

test("wrangler bundles and serves them", async () => {
  const deployed = await at.run("wrangler", "deploy", "--dry-run", "--env", "")
  expect(deployed.code, deployed.stdout + deployed.stderr).toBe(0)
  const kept = ["--local", "--persist-to", "d1"]
  const migrated = await at.run("wrangler", "d1", "migrations", "apply", "DB", ...kept)
  expect(migrated.code, migrated.stdout + migrated.stderr).toBe(0)
  const listen = [
    "--ip",
    "127.0.0.1",
    "--port",
    "0",
    "--inspector-port",
    "0",
    "--var",
    "NODE_ENV:development",
  ]
  const server = await at.until(
    ...([/Ready on (http:\S+)/, {}, "wrangler", "dev", ...kept, ...listen] as const),
  )
  try {
    const call = httpCaller(server.match[1] as string)
    expect((await call("GET", "/counts")).body).toEqual({ done: 0 })
  } finally {
    await server.stop()
  }
})

test("npm start serves them, from several processes and over readers as well", async () => {
  const server = await serve("start", { WORKERS: "2" })
  try {
    const { call } = server
    expect((await call("GET", "/openapi.json")).body).toMatchObject({
      info: { title: "Notes of Acme", version: "1.2.3" },
    })
    expect((await call("GET", "/counts")).body).toEqual({ done: 5 })
    expect((await call("GET", "/notes?kind=done&sort=title&include=author&limit=1")).body).toMatchObject([
      { title: "note 10", kind: "done", author: { role: "user" } },
    ])
    // A filter that no index bounds runs in a reader process.
    expect((await call("GET", "/notes?title[contains]=5")).body).toMatchObject([{ title: "note 5" }])
    const json = { email: "ann@example.com", password: "correct horse" }
    expect((await call("POST", "/users", { json })).body).toMatchObject({ role: "user" })
  } finally {
    await server.stop()
  }
})

test("a fault in a file with an enum is told with its line in that file", async () => {
  const server = await serve("start")
  try {
    expect((await server.call("GET", "/counts?fault=1")).status).toBe(500)
    const line = bundlerFiles["src/routes/counts.ts"]
      ?.slice(0, -1)
      .split("\n")
      .findIndex((l) => l.includes("a fault of its own"))
    // The log is written some milliseconds after the answer.
    await eventually(() => expect(server.output()).toContain(`src/routes/counts.ts:${(line as number) + 1}:`))
  } finally {
    await server.stop()
  }
})

test("a start with unchanged files transforms none", async () => {
  at.remove("node_modules/amaro")
  const server = await serve("start")
  expect((await server.call("GET", "/counts")).body).toEqual({ done: 5 })
  await server.stop()
  // What has changed would be.
  at.edit("src/shared/limits.ts", "title = 100", "title = 99")
  expect(refused(await at.run("npm", "run", "-s", "start"))).toMatch(/Cannot find package 'amaro'/)
  at.edit("src/shared/limits.ts", "title = 99", "title = 100")
  at.link("amaro")
})

test("npm run dev starts anew when a file changes that is imported without its ending", async () => {
  const server = await serve("dev")
  at.edit("src/shared/labels.json", "Notes of", "Papers of")
  await server.says(/Papers of Acme is at/)
  at.edit("packages/kinds/src/kind.ts", 'Done = "done"', 'Finished = "finished",\n  Done = "done"')
  await server.says(/Papers of Acme is at[\s\S]*Papers of Acme is at/)
  await server.stop()
  at.edit("packages/kinds/src/kind.ts", 'Finished = "finished",\n  Done = "done"', 'Done = "done"')
})

const faults: [string, file: string, from: string, to: string, told: RegExp][] = [
  [
    "no such file",
    "src/schema/notes.ts",
    '"./accounts"',
    '"./acounts"',
    /"\.\/acounts" in \S+\/src\/schema\/notes\.ts:6$/,
  ],
  ["no such path", "src/api.ts", '"@/resources"', '"@/resource"', /"@\/resource" in \S+\/src\/api\.ts:2$/],
  [
    "no such package",
    "src/routes/counts.ts",
    '"@acme/kinds"',
    '"@acme/kind"',
    /"@acme\/kind" in \S+\/src\/routes\/counts\.ts:2$/,
  ],
  [
    "nothing of a package",
    "packages/db/src/index.ts",
    '"./tags"',
    '"drizzle-orm/tags"',
    /"drizzle-orm\/tags" in \S+\/packages\/db\/src\/index\.ts:1: Package subpath/,
  ],
  [
    "no such name",
    "src/api.ts",
    "{ counts }",
    "{ counts as count, counted as counts }",
    /'\.\/routes' does not provide an export named 'counted' .*src\/api\.ts/,
  ],
  [
    "no TypeScript",
    "packages/kinds/src/kind.ts",
    "export enum Kind",
    "export enum Kind Kind",
    /packages\/kinds\/src\/kind\.ts:1: /,
  ],
  ["no JSON", "src/shared/labels.json", "{", "", /src\/shared\/labels\.json is no JSON: /],
  [
    "a mistake after an enum",
    "src/schema/accounts/users.ts",
    "export const users",
    "nothing()\nexport const users",
    /nothing is not defined \(.*src\/schema\/accounts\/users\.ts:10\)/,
  ],
]

test.each(faults)(
  "%s: one line that names the file, at the start and in commands",
  async (_, file, from, to, told) => {
    at.edit(file, from, to)
    for (const script of ["start", "db:generate"]) {
      const args = script === "db:generate" ? ["--", "--name", "more"] : []
      expect(refused(await at.run("npm", "run", "-s", script, ...args))).toMatch(told)
    }
    at.edit(file, to, from)
  },
)
