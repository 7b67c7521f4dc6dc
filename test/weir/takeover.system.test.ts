import { spawn } from "node:child_process"
import { cpSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { beforeAll, expect, test } from "vitest"
import { compiled, ownFolder, ownProcess, tempFolder } from "./support/node-server.ts"

const root = join(import.meta.dirname, "../..")
const parts = ["src", "test", "bench", "examples", "scripts", "drizzle", "package.json", "tsconfig.json"]
const configs = ["vitest.config.ts", "drizzle.config.ts", "biome.json", ".gitignore"]

/** The whole project, taken over: its own files are edited here, and none below src/weir. */
let folder: string
beforeAll(() => {
  folder = ownFolder(tempFolder())
  for (const part of [...parts, ...configs])
    cpSync(join(root, part), join(folder, part), {
      recursive: true,
      filter: (path) => !path.includes(".wrangler"),
    })
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"))
})

const bin = (name: string) => join(root, "node_modules/.bin", name)

/** Runs a program in the project; answers with all that it has printed, or fails with it. */
async function run(program: string, ...args: string[]): Promise<string> {
  const path = `${join(root, "node_modules/.bin")}:${process.env.PATH}`
  const child = ownProcess(
    spawn(program, args, {
      cwd: folder,
      env: { PATH: path, NODE_COMPILE_CACHE: compiled, DATABASE_URL: "file:data.db", CI: "true" },
      stdio: ["ignore", "pipe", "pipe"],
    }),
  )
  let output = ""
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => (output += text))
  const code = await new Promise((resolve) => child.once("close", resolve))
  expect(code, output).toBe(0)
  return output
}

const edit = (file: string, ...changes: [from: string | RegExp, to: string][]) => {
  let text = readFileSync(join(folder, file), "utf8")
  for (const [from, to] of changes) {
    const changed = text.replace(from, to)
    expect(changed, `${file}: ${from}`).not.toBe(text)
    text = changed
  }
  writeFileSync(join(folder, file), text)
}
const write = (file: string, text: string) => writeFileSync(join(folder, file), text)

/** Types, lint, and migrations that agree with the schema. */
async function compiles(name: string, ...drops: string[]): Promise<string> {
  await run(bin("tsc"))
  await run(bin("biome"), "check", "--write", "--error-on-warnings", "src")
  const generated = await run("npm", "run", "-s", "db:generate", "--", "--name", name, ...drops)
  await run("npm", "run", "-s", "db:migrate")
  return generated
}

/** The same, and the contract of every resource over a file. */
async function holds(name: string): Promise<string> {
  const generated = await compiles(name)
  const tested = await run(bin("vitest"), "run", "--project", "libsql-file", "test/api.test.ts")
  expect(tested).toMatch(/Tests .*\d+ passed/)
  return generated
}

test("the sample's items, notes and stats can be deleted, and nothing else notices", async () => {
  rmSync(join(folder, "src/schema/items.ts"))
  rmSync(join(folder, "src/schema/notes.ts"))
  rmSync(join(folder, "src/routes/stats.ts"))
  edit("src/api.ts", [/import \{ stats \}.*\n/, ""], [/ {2}routes: \[stats\],\n/, ""])
  edit(
    "src/resources.ts",
    [/import \* as items.*\n/, ""],
    [/import \{ notes \}.*\n/, ""],
    [/ {2}resource\(items, \{[\s\S]*?\n {2}\}\),\n/, ""],
    [/ {2}resource\(notes, \{[\s\S]*?\n {2}\}\),\n/, ""],
    [/ {4}embed: \{ items.*\n/, ""],
    [
      /import \{[\s\S]*?\} from "#weir"/,
      'import { admin, anyone, hashPassword, nobody, resource, self, verifyPassword } from "#weir"',
    ],
  )
  edit(
    "src/schema/users.ts",
    [/import \{ items \}.*\n/, ""],
    [/import \{ relations \}.*\n/, ""],
    [/\nexport const usersRelations.*\n/, ""],
  )
  edit(
    "src/seed.ts",
    [/ {4}items: \{[\s\S]*?\n {4}\},\n/, ""],
    [/ {4}notes: \{[\s\S]*?\n {4}\},\n/, ""],
    [/\nconst words[\s\S]*?2_654_435_761\) >>> 0\n/, ""],
  )
  expect(await compiles("no_items", "--drop", "items")).toMatch(/sqlite: \d{4}_no_items\.sql/)
})

test("a table, its rules, a seed and a route are added in files of the team's own", async () => {
  write(
    "src/schema/tasks.ts",
    `import { relations } from "drizzle-orm"
import { id, index, itself, json, oneOf, references, table, text, timestamp, timestamps } from "#weir/schema"
import { users } from "./users.ts"

export const tasks = table(
  "tasks",
  {
    id: id(),
    title: text({ min: 1, max: 100 }).notNull(),
    state: oneOf(["open", "done"]).notNull().default("open"),
    due: timestamp(),
    data: json(),
    parent_id: references(itself, { onDelete: "set null" }),
    author_id: references(() => users.id, { onDelete: "cascade" }).notNull(),
    ...timestamps(),
  },
  (t) => [index("tasks_author_id_index").on(t.author_id)],
)

export const tasksRelations = relations(tasks, ({ one }) => ({
  author: one(users, { fields: [tasks.author_id], references: [users.id] }),
}))
`,
  )
  edit(
    "src/resources.ts",
    [
      /import \{ (.*), verifyPassword \} from "#weir"/,
      'import { $1, signedIn, verifyPassword, viewerIs } from "#weir"',
    ],
    [/(import \* as users)/, 'import * as tasks from "./schema/tasks.ts"\n$1'],
    [
      /\n\]\n$/,
      `
  resource(tasks, {
    read: viewerIs("author_id"),
    create: signedIn,
    update: viewerIs("author_id"),
    delete: viewerIs("author_id"),
    fields: { author_id: { write: admin, initially: (viewer) => viewer.id } },
    embed: { author: {} },
    sort: "-created_at",
  }),
]
`,
    ],
  )
  edit("src/seed.ts", [
    / {2}tables: \{\n/,
    '  tables: {\n    tasks: { rows: 10, row: (n, { users = 1 }) => ({ id: n, title: "a note", author_id: (n % users) + 1 }) },\n',
  ])
  // Tasks refer to users: they come after them.
  edit("src/seed.ts", [/( {4}tasks: \{.*\n)([\s\S]*?\n {4}\},\n)/, "$2$1"])
  write(
    "src/routes/open-tasks.ts",
    `import { createRoute, z } from "@hono/zod-openapi"
import { eq } from "drizzle-orm"
import { admin, allow, route } from "#weir"
import { tasks } from "../schema/tasks.ts"

export const openTasks = route(
  createRoute({
    method: "get",
    path: "/open-tasks",
    middleware: allow(admin),
    responses: { 200: { description: "How many", content: { "application/json": { schema: z.int() } } } },
  }),
  async (c) => c.json(await c.var.db.$count(tasks, eq(tasks.state, "open")), 200),
)
`,
  )
  edit(
    "src/api.ts",
    [/(import \{ users \})/, 'import { openTasks } from "./routes/open-tasks.ts"\n$1'],
    [/ {2}resources,\n/, "  resources,\n  routes: [openTasks],\n"],
  )
  expect(await holds("tasks")).toMatch(/postgres: \d{4}_tasks\.sql/)
  expect(await run("npm", "run", "-s", "db:seed")).toContain("100 users, 10 tasks")
})

test("a mistake in the rules is told by db:generate, and nothing is written", async () => {
  edit("src/resources.ts", ['update: viewerIs("author_id")', 'update: viewerIs("writer_id" as never)'])
  await expect(run("npm", "run", "-s", "db:generate", "--", "--name", "oops")).rejects.toThrow(
    'db:generate: tasks: the rule of update names "writer_id", which is no column',
  )
  expect(readdirSync(join(folder, "drizzle/sqlite")).filter((name) => name.includes("oops"))).toEqual([])
  // What is no API at all is told with its place.
  edit("src/schema/tasks.ts", ["export const tasks = ", "nothing()\nexport const tasks = "])
  await expect(run("npm", "run", "-s", "db:generate", "--", "--name", "oops")).rejects.toThrow(
    /db:generate: nothing is not defined \(.*\/src\/schema\/tasks\.ts:\d+\)/,
  )
})
