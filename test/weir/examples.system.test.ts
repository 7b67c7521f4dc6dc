import { spawn } from "node:child_process"
import { cpSync, readdirSync, readFileSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { ask, number, refused, worked } from "./support/ask.ts"
import type { Answer, Call, CallOptions } from "./support/client.ts"
import { emptyPostgres } from "./support/databases.ts"
import { httpCaller, signIn } from "./support/http.ts"
import { compiled, type Ended, ownProcess, tempFolder } from "./support/node-server.ts"

const root = join(import.meta.dirname, "../..")
const fastImports = join(root, "src/weir/runtime/fast-imports.js")
const seedPassword = "a password for seeds"

type Example = "notes" | "tracker" | "existing-database" | "own-tables" | "safe-writes"
type Row = Record<string, unknown>

/** Starts a script of an example, and hands its output to `onOutput` as it comes. */
function start(
  script: string,
  args: string[],
  url: string,
  onOutput: (text: string) => void = () => {},
  settings: Record<string, string> = {},
) {
  const child = ownProcess(
    spawn(process.execPath, ["--import", fastImports, script, ...args], {
      cwd: tempFolder(),
      env: {
        PATH: process.env.PATH,
        NODE_COMPILE_CACHE: compiled,
        DATABASE_URL: url,
        PORT: "0",
        ...settings,
      },
      stdio: ["ignore", "pipe", "pipe"],
    }),
  )
  let [stdout, stderr] = ["", ""]
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text
    onOutput(stdout)
  })
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text))
  const ended = new Promise<Ended>((resolve) =>
    child.once("close", (code) => resolve({ code, stdout, stderr })),
  )
  return { child, ended }
}

const run = (example: Example, file: string, url: string, ...args: string[]): Promise<Ended> =>
  start(join(root, "examples", example, file), args, url).ended

interface Server {
  url: string
  call: Call
  stop(): Promise<void>
}

/** Serves an example. The port is the kernel's choice, and is read from the log. */
async function serve(example: Example, url: string, settings?: Record<string, string>): Promise<Server> {
  const listening = Promise.withResolvers<string>()
  const onOutput = (stdout: string) => {
    const address = / is at (http:\/\/[\d.]+:\d+),/.exec(stdout)?.[1]
    if (address) listening.resolve(address)
  }
  const { child, ended } = start(join(root, "examples", example, "node.ts"), [], url, onOutput, settings)
  void ended.then(({ stdout, stderr }) =>
    listening.reject(new Error(`${example} did not start: ${stdout}${stderr}`)),
  )
  const address = await listening.promise
  const call = httpCaller(address)
  return {
    url: address,
    call,
    stop: async () => {
      child.kill("SIGTERM")
      expect((await ended).code).toBe(0)
    },
  }
}

/** The commands of an example's README that call a server, once it runs. */
function sessionOf(example: Example): string {
  const text = readFileSync(join(root, "examples", example, "README.md"), "utf8")
  const blocks = [...text.matchAll(/```sh\n(.*?)```/gs)].map(([, commands]) => commands as string)
  return blocks.filter((commands) => commands.includes("curl")).join("\n")
}

/** Runs commands in a shell; each curl's answer ends its line. */
async function shell(commands: string): Promise<string> {
  const withLines = commands.replace(/^curl (.*)$/gm, (line) =>
    line.endsWith("\\n'") ? line : `${line}; echo`,
  )
  const child = ownProcess(spawn("sh", ["-e", "-c", withLines], { stdio: ["ignore", "pipe", "pipe"] }))
  let [stdout, stderr] = ["", ""]
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text))
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text))
  const code = await new Promise((resolve) => child.once("close", resolve))
  expect(code, `${stdout}${stderr}`).toBe(0)
  return stdout
}

const freshFile = (): string => `file:${join(tempFolder(), "data.db")}`

/** A database that `migrate` and `seed` have filled. */
async function seeded(example: Example, url: string): Promise<string> {
  worked(await run(example, "cli.ts", url, "migrate"))
  worked(await run(example, "cli.ts", url, "seed"))
  return url
}

/** Calls of one user. */
const as =
  (call: Call, token: string) =>
  (method: string, path: string, json?: unknown): Promise<Answer> =>
    call(method, path, { token, ...(json === undefined ? {} : { json }) } satisfies CallOptions)
type UserCall = ReturnType<typeof as>

const userOf = async (call: Call, name: string): Promise<UserCall> =>
  as(call, await signIn(call, name, seedPassword))

const rowsOf = ({ status, text, body }: Answer): Row[] => {
  expect(status, text).toBe(200)
  return body as Row[]
}

const rowOf = ({ status, text, body }: Answer, expected = 201): Row => {
  expect(status, text).toBe(expected)
  return body as Row
}

/** The ids of a list, in its rows' order of creation. */
const idsOf = async (by: UserCall, path: string): Promise<unknown[]> =>
  rowsOf(await by("GET", `${path}${path.includes("?") ? "&" : "?"}sort=id`)).map(({ id }) => id)

const statusOf = async (answer: Promise<Answer>): Promise<number> => (await answer).status

describe.each(["notes", "tracker", "existing-database", "safe-writes"] as const)("%s", (example) => {
  test("its migrations make its schema, on both dialects", async () => {
    // In a copy: what generate would write must not land in the repository.
    const folder = tempFolder()
    for (const name of ["src", "node_modules", "package.json"])
      symlinkSync(join(root, name), join(folder, name))
    const copy = join(folder, "examples", example)
    cpSync(join(root, "examples", example), copy, { recursive: true })
    const generated = start(join(copy, "cli.ts"), ["generate", "--name", "unchanged"], "file:none.db")
    expect(worked(await generated.ended)).toBe("sqlite: nothing has changed\npostgres: nothing has changed\n")
  })

  test("its migrations lead to its tables and back, on both databases", async () => {
    const thereAndBack = async (url: string) => {
      expect(worked(await run(example, "cli.ts", url, "migrate"))).toContain("applied 0000_init")
      expect((await run(example, "cli.ts", url, "status")).code).toBe(0)
      const undone = await run(example, "cli.ts", url, "rollback", "--to", "base", "--force")
      expect(worked(undone)).toMatch(/: undid (.*, )?0000_init\n/)
    }
    await Promise.all([freshFile(), await emptyPostgres()].map(thereAndBack))
  })
})

describe("notes", () => {
  let server: Server
  let ann: UserCall
  let bob: UserCall
  beforeAll(async () => {
    server = await serve("notes", await seeded("notes", freshFile()))
    ann = await userOf(server.call, "user1@example.com")
    bob = await userOf(server.call, "user2@example.com")
  })
  afterAll(() => server?.stop())

  test("the session of its README: create, rename a tag, list by it", async () => {
    const before = await idsOf(ann, "/notes?tag=home")
    const note = rowOf(await ann("POST", "/notes", { text: "Buy milk", tag: "home" }))
    expect(note).toMatchObject({ text: "Buy milk", tag: "home", owner_id: 1 })
    const retagged = await ann("POST", "/notes/retag", { from: "home", to: "house" })
    expect(rowOf(retagged, 200)).toEqual({ changed: before.length + 1 })
    expect(await idsOf(ann, "/notes?tag=house")).toEqual([...before, note.id])
    expect(await idsOf(ann, "/notes?tag=home")).toEqual([])
    expect(rowOf(await ann("PATCH", `/notes/${note.id}`, { tag: null }), 200).tag).toBe(null)
    expect(await statusOf(ann("DELETE", `/notes/${note.id}`))).toBe(204)
  })

  test("another's note is not there: to read, list, filter, change, delete or retag", async () => {
    const note = rowOf(await bob("POST", "/notes", { text: "Of Bob", tag: "secret" }))
    const path = `/notes/${note.id}`
    expect(await statusOf(ann("GET", path))).toBe(404)
    expect(await statusOf(ann("PATCH", path, { text: "x" }))).toBe(404)
    expect(await statusOf(ann("DELETE", path))).toBe(404)
    expect(await idsOf(ann, "/notes?tag=secret")).toEqual([])
    expect(await idsOf(ann, `/notes?id=${note.id}`)).toEqual([])
    expect(await idsOf(ann, "/notes")).not.toContain(note.id)
    expect((await ann("GET", "/notes?tag=secret&count=exact")).headers.get("x-total-count")).toBe("0")
    expect(rowOf(await ann("POST", "/notes/retag", { from: "secret", to: "x" }), 200)).toEqual({ changed: 0 })
    expect(rowOf(await bob("GET", path), 200)).toEqual(note)
    expect(await statusOf(ann("GET", "/users/2"))).toBe(404)
  })

  test("nobody creates or gives away a note in another's name, and the anonymous do nothing", async () => {
    expect(await statusOf(ann("POST", "/notes", { text: "x", owner_id: 2 }))).toBe(403)
    const note = rowOf(await ann("POST", "/notes", { text: "x" }))
    expect(await statusOf(ann("PATCH", `/notes/${note.id}`, { owner_id: 2 }))).toBe(403)
    const { call } = server
    expect(await statusOf(call("GET", "/notes"))).toBe(401)
    expect(await statusOf(call("POST", "/notes", { json: { text: "x" } }))).toBe(401)
    expect(await statusOf(call("POST", "/notes/retag", { json: { from: "a", to: "b" } }))).toBe(401)
  })

  test("the hand-written route refuses a wrong body as the others do", async () => {
    const answer = await ann("POST", "/notes/retag", { from: "", colour: "red" })
    expect(answer.headers.get("content-type")).toContain("application/problem+json")
    const { status, errors } = answer.body as { status: number; errors: { path: string }[] }
    expect(status).toBe(422)
    expect(errors.map(({ path }) => path).sort()).toEqual(["colour", "from", "to"])
  })
})

describe.each([
  ["libSQL file", async () => freshFile()],
  ["Postgres", () => emptyPostgres()],
] as const)("tracker, %s", (_, database) => {
  let server: Server
  let ann: UserCall
  let bob: UserCall
  beforeAll(async () => {
    server = await serve("tracker", await seeded("tracker", await database()))
    ann = await userOf(server.call, "user1")
    bob = await userOf(server.call, "user2")
    rowOf(await bob("POST", "/projects/2/statuses", { organization_id: 2, state: "at_risk" }))
    rowOf(await bob("POST", "/issues/2/comments", { organization_id: 2, text: "Of Bob" }))
    rowOf(await bob("POST", "/issues/2/labels", { organization_id: 2, name: "secret" }))
    rowOf(await bob("POST", "/organizations/2/invitations", { email: "new@example.com" }))
  })
  afterAll(() => server?.stop())

  /** A row of Bob's organization in each table, and what would change it; reports and labels stay as they are. */
  const others: [table: string, id: number, patch?: Row][] = [
    ["users", 2, { username: "mallory" }],
    ["organizations", 2, { name: "x" }],
    ["memberships", 2, { role: "member" }],
    ["invitations", 1, { state: "withdrawn" }],
    ["projects", 2, { name: "x" }],
    ["issues", 2, { title: "x" }],
    ["comments", 1, { text: "x" }],
    ["statuses", 1],
    ["labels", 1],
  ]

  test("the session of its README: list with parents, create below another", async () => {
    const listed = rowsOf(await ann("GET", "/issues?state=open&include=parent&limit=3&sort=id"))
    expect(listed.map(({ id, parent }) => [id, (parent as Row | null)?.id])).toEqual([
      [1, undefined],
      [3, 1],
      [5, undefined],
    ])
    const json = { organization_id: 1, parent_id: 1, title: "Write it down", assignee_id: 1 }
    const issue = rowOf(await ann("POST", "/projects/1/issues", json))
    expect(issue).toMatchObject({ project_id: 1, parent_id: 1, author_id: 1, state: "open" })
    expect(await idsOf(ann, "/issues/1/children")).toContain(issue.id)
    expect(await idsOf(ann, `/issues?parent.title=Issue+1&id=${issue.id}`)).toEqual([issue.id])
  })

  test.each(others)("another organization's row of %s is not there", async (table, id, patch) => {
    const path = `/${table}/${id}`
    expect(await statusOf(bob("GET", path))).toBe(200)
    expect(await statusOf(ann("GET", path))).toBe(404)
    expect(await idsOf(ann, `/${table}?limit=1000`)).not.toContain(id)
    expect(await idsOf(ann, `/${table}?id=${id}`)).toEqual([])
    expect((await ann("GET", `/${table}?id=${id}&count=exact`)).headers.get("x-total-count")).toBe("0")
    expect(await statusOf(ann("PATCH", path, patch))).toBe(patch ? 404 : 405)
    expect(await statusOf(ann("DELETE", path))).toBe(404)
    expect(await statusOf(bob("GET", path))).toBe(200)
  })

  test("it shows through no filter, no embed and no parent", async () => {
    for (const filter of ["project.name=Project+2", "labels.name=secret", "comments.text=Of+Bob"])
      expect(await idsOf(ann, `/issues?${filter}`)).toEqual([])
    for (const path of [
      "/organizations/2/projects",
      "/organizations/2/memberships",
      "/projects/2/issues",
      "/projects/2/statuses",
      "/issues/2/children",
      "/issues/2/comments",
      "/issues/2/labels",
    ])
      expect(await statusOf(ann("GET", path)), path).toBe(404)
    expect(await statusOf(ann("PATCH", "/issues/1", { assignee_id: 2 }))).toBe(422)
    expect(await idsOf(ann, "/issues?assignee.username=user2")).toEqual([])
    const everything =
      "/organizations?include=memberships.user,projects.issues.comments&limit=10&include.projects.limit=10&include.projects.issues.limit=10"
    const text = JSON.stringify(rowsOf(await ann("GET", everything)))
    expect(text).toContain("user1")
    expect(text).not.toMatch(/user2|Organization 2|Project 2|Of Bob/)
  })

  test("nothing is created in it, refers to it, or moves to it", async () => {
    const title = "x"
    const mine = { organization_id: 1, project_id: 1, title }
    for (const json of [
      { organization_id: 2, project_id: 2, title },
      { organization_id: 1, project_id: 2, title },
      { ...mine, parent_id: 2 },
      { ...mine, assignee_id: 2 },
      [mine, { ...mine, organization_id: 2 }],
    ])
      expect(await statusOf(ann("POST", "/issues", json)), JSON.stringify(json)).toBe(422)
    expect(await statusOf(ann("POST", "/issues", { ...mine, author_id: 2 }))).toBe(403)
    expect(await idsOf(ann, "/issues?title=x")).toEqual([])
    const within = { organization_id: 1, title }
    expect(await statusOf(ann("POST", "/projects/2/issues", within))).toBe(404)
    expect(await statusOf(ann("POST", "/comments", { organization_id: 1, issue_id: 2, text: "x" }))).toBe(422)
    expect(await statusOf(ann("POST", "/labels", { organization_id: 1, issue_id: 2, name: "x" }))).toBe(422)
    expect(await statusOf(ann("POST", "/memberships", { organization_id: 2, user_id: 1 }))).toBe(422)
    const before = await ann("GET", "/issues/3")
    for (const move of [{ organization_id: 2 }, { project_id: 2 }, { parent_id: 2 }, { author_id: 2 }])
      expect(await statusOf(ann("PATCH", "/issues/3", move)), JSON.stringify(move)).toBe(403)
    expect((await ann("GET", "/issues/3")).body).toEqual(before.body)
  })

  test("the session of its README: invite, accept, and a member sees it from the first moment to the last", async () => {
    const organization = rowOf(await ann("POST", "/organizations", { name: "Third" }))
    const at = `/organizations/${organization.id}`
    const own = { organization_id: organization.id, user_id: 1, role: "owner" }
    expect(organization.founder_id).toBe(1)
    expect(await statusOf(bob("POST", "/memberships", { ...own, user_id: 2 }))).toBe(422)
    const ownership = rowOf(await ann("POST", "/memberships", own))
    expect(await statusOf(ann("POST", "/memberships", { ...own, user_id: 2, role: "member" }))).toBe(422)
    expect(await statusOf(bob("GET", at))).toBe(404)
    const invitation = rowOf(await ann("POST", `${at}/invitations`, { user_id: 2 }))
    expect(await idsOf(bob, "/invitations?state=pending&user_id=2")).toEqual([invitation.id])
    expect(await statusOf(bob("GET", at))).toBe(404)
    const membership = rowOf(await bob("POST", `/invitations/${invitation.id}/accept`))
    expect(await statusOf(bob("GET", at))).toBe(200)
    const mine = rowsOf(await bob("GET", "/users/me/memberships?include=organization&sort=-id"))
    expect(mine[0]).toMatchObject({ role: "member", organization: { name: "Third" } })
    const project = rowOf(await bob("POST", `${at}/projects`, { name: "Of both" }))
    // Colleagues see each other's names, and not their addresses.
    expect(rowOf(await bob("GET", "/users/1"), 200)).toMatchObject({ username: "user1" })
    expect(rowOf(await bob("GET", "/users/1"), 200)).not.toHaveProperty("email")
    expect(await statusOf(bob("PATCH", at, { name: "Ours" }))).toBe(403)
    expect(await statusOf(bob("PATCH", `/memberships/${membership.id}`, { role: "admin" }))).toBe(403)
    expect(await statusOf(bob("DELETE", `/projects/${project.id}`))).toBe(403)
    expect(await statusOf(ann("DELETE", `/memberships/${ownership.id}`))).toBe(403)
    expect(await statusOf(ann("DELETE", `/memberships/${membership.id}`))).toBe(204)
    for (const path of [at, `/projects/${project.id}`, "/users/1"])
      expect(await statusOf(bob("GET", path)), path).toBe(404)
    expect(await statusOf(ann("DELETE", at))).toBe(204)
  })

  test("the anonymous see nothing, and the documents call a row of statuses a Status", async () => {
    const { call } = server
    for (const [table] of others) expect(await statusOf(call("GET", `/${table}`)), table).toBe(401)
    const document = JSON.stringify((await call("GET", "/openapi.json")).body)
    expect(document).toContain('"readStatus"')
    expect(document).not.toMatch(/[sS]tatuse"/)
  })
})

describe("existing-database", () => {
  const url = freshFile()
  const script = (file: string, at = url) => run("existing-database", file, at)
  const rows = () => ask(url, "select * from books order by id")
  let server: Server
  let before: unknown[][]
  beforeAll(async () => {
    worked(await script("make-database.ts"))
    before = await rows()
    expect(worked(await run("existing-database", "cli.ts", url, "status"))).toContain("is not ours")
    expect(refused(await run("existing-database", "cli.ts", url, "migrate"))).toContain("Nothing was changed")
    for (let times = 0; times < 2; times++)
      expect(worked(await script("adopt.ts"))).toBe("adopted 0000_init\n")
    expect(worked(await run("existing-database", "cli.ts", url, "status"))).toContain("0000_init  applied")
    expect(await number(url, "select count(*) from __drizzle_migrations")).toBe(1)
    server = await serve("existing-database", url)
  })
  afterAll(() => server?.stop())

  test("the session of its README: embeds both ways, and a filter", async () => {
    const { call } = server
    const books = rowsOf(await call("GET", "/books?include=author"))
    expect(books.map(({ title, author }) => [title, (author as Row).name])).toEqual([
      ["Beowulf", "Unknown"],
      ["Frankenstein", "Mary Shelley"],
      ["Moby-Dick", "Herman Melville"],
      ["The Last Man", "Mary Shelley"],
    ])
    expect(books[3]).toMatchObject({ price: 11.2, on_loan: true, added_on: "2020-01-15", isbn: null })
    const dear = await call("GET", "/books?price[gte]=10&fields=title,price&sort=-price")
    expect(rowsOf(dear)).toEqual([
      { title: "Moby-Dick", price: 14 },
      { title: "The Last Man", price: 11.2 },
    ])
    const authors = rowsOf(await call("GET", "/authors?include=books&include.books.fields=title&id=1"))
    expect(authors[0]?.books).toEqual([{ title: "The Last Man" }, { title: "Frankenstein" }])
  })

  test("what is not declared or not shown is not there", async () => {
    const { call } = server
    expect((await call("GET", "/books")).text).not.toContain("remarks")
    for (const query of ["remarks=Gift", "sort=remarks", "fields=remarks"])
      expect(await statusOf(call("GET", `/books?${query}`)), query).toBe(422)
    for (const path of ["/staff", "/users/me", "/auth/token"])
      expect(await statusOf(call("GET", path)), path).toBe(404)
  })

  test("nothing is written", async () => {
    const { call } = server
    const json = { title: "Dracula" }
    expect(await statusOf(call("POST", "/books", { json }))).toBe(405)
    expect(await statusOf(call("POST", "/authors/1/books", { json }))).toBe(405)
    expect(await statusOf(call("PATCH", "/books/1", { json }))).toBe(405)
    expect(await statusOf(call("DELETE", "/books/1"))).toBe(405)
    expect(await rows()).toEqual(before)
  })

  test("a database without a column of the schema is not adopted", async () => {
    const other = freshFile()
    worked(await script("make-database.ts", other))
    await ask(other, "alter table books drop column changed_at")
    expect(refused(await script("adopt.ts", other))).toBe("books lacks changed_at: nothing was adopted")
    expect(await ask(other, "select name from sqlite_master where name like '%migrations'")).toEqual([])
  })
})

describe("own-tables", () => {
  const url = freshFile()
  let server: Server
  beforeAll(async () => {
    server = await serve("own-tables", url, {
      FIRST_ADMIN_EMAIL: "root@example.com",
      FIRST_ADMIN_PASSWORD: seedPassword,
    })
  })
  afterAll(() => server?.stop())

  test("its migrations make its schema, of its dialect alone, and lead back", async () => {
    const file = freshFile()
    expect(worked(await run("own-tables", "cli.ts", file, "migrate"))).toContain("applied 0000_init")
    expect((await run("own-tables", "cli.ts", file, "status")).code).toBe(0)
    const undone = await run("own-tables", "cli.ts", file, "rollback", "--to", "base", "--force")
    expect(worked(undone)).toMatch(/: undid (.*, )?0000_init\n/)
  })

  test("the commands of its README do what they say", async () => {
    const commands = sessionOf("own-tables").replace("http://127.0.0.1:3000", server.url)
    expect(commands).toContain(server.url)
    const said = await shell(commands.replaceAll("correct horse battery", seedPassword))
    const [joined, linked, listed, membership, deleted, restored] = said.split("\n")
    expect([linked, deleted]).toEqual(["204", "204"])
    const [task] = JSON.parse(listed as string)
    expect(task).toMatchObject({
      title: "Roof",
      state: "open",
      details: { estimate: 3 },
      project: { name: "House" },
      tags: [{ name: "urgent" }],
    })
    expect(JSON.parse(joined as string)).toMatchObject({ projectId: task.project.id })
    expect(JSON.parse(membership as string)).toEqual(JSON.parse(joined as string))
    expect(JSON.parse(restored as string)).toMatchObject({ id: task.id, deletedAt: null })
  })
})

describe.each([
  ["libSQL file", async () => freshFile()],
  ["Postgres", () => emptyPostgres()],
] as const)("safe-writes, %s", (_, database) => {
  const folder = join(root, "examples/safe-writes")
  let server: Server
  beforeAll(async () => {
    server = await serve("safe-writes", await seeded("safe-writes", await database()))
  })
  afterAll(() => server?.stop())

  /** What each script says, however often it has run before. */
  const said: Record<string, string[]> = {
    "if-match.ts": [
      "Ann raises 20 by 1: 200, the price is 21",
      "Bob raises 20 by 5: 412, the price is 21",
      "Bob reads again, and raises by 5: 200, the price is 26",
    ],
    "retry.ts": ["2 tries: 201, replayed: true", "Lamps: 1"],
    "upsert.ts": ["201: Lamp 20 (new), Desk 120 (new)", "200: Desk 110, Chair 80 (new)", "200: Lamp 20"],
    "order.ts": ["422: lines.1.quantity", "Orders: 0", "201: an order of 2 lines"],
    "batch.ts": [
      '422 by "bad" (operations.4.price), orders: 0',
      "lamp: 201",
      "order: 201",
      "line: 201",
      "price: 200",
      "The lamp costs 17, orders: 1",
    ],
    "many.ts": [
      "201: 500 products",
      "422: 1.name Too small: expected string to have >=1 characters; 1.price Too small: expected number to be >=0",
      "200: Lamp 20, Desk 10",
      "PATCH 422: More than 50 rows pass the filters, and nothing was changed",
      "PATCH 200: 100",
      "DELETE 200: 100",
      "DELETE 422: The query string is not valid",
    ],
    "rehearse.ts": [
      "200 tx=rollback: 15",
      "the price is 20",
      "409: 1.sku is already taken",
      "201: Desk, Chair",
      "there are 0 of them",
    ],
    "history.ts": [
      "2 update 17, 1 insert 20",
      "When it was new, it cost 20",
      "Restored: 200, it costs 20",
      "3 update 20, 2 update 17, 1 insert 20",
    ],
    "hooks.ts": ["409: lines.0: Lamp is sold out", "201", "Thank you for order …"],
  }

  test("has a script for each part, and its README runs all of them", () => {
    const readme = readFileSync(join(folder, "README.md"), "utf8")
    const scripts = readdirSync(join(folder, "clients")).filter((name) => name !== "shop.ts")
    expect(scripts.sort()).toEqual(Object.keys(said).sort())
    for (const name of scripts) expect(readme).toContain(`npx node examples/safe-writes/clients/${name}\n`)
  })

  test.each(Object.entries(said))("%s says what it does, twice", async (name, lines) => {
    for (let times = 0; times < 2; times++) {
      const ended = await start(join(folder, "clients", name), [], "file:none.db", undefined, {
        URL: server.url,
      }).ended
      expect(worked(ended)).toBe(`${lines.join("\n")}\n`)
    }
  })
})
