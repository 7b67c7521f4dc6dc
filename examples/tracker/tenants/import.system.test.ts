import { spawn } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { beforeAll, describe, expect, test } from "vitest"
import { ask, worked } from "../../../test/weir/support/ask.ts"
import { compiled, type Ended, ownProcess, tempFolder } from "../../../test/weir/support/node-server.ts"
import { databases, type Kind } from "../../../test/weir/support/project.ts"

const root = join(import.meta.dirname, "../../..")
const folder = tempFolder()

/** `db:…` of the tracker, in a process. */
function command(url: string, ...args: string[]): Promise<Ended> {
  const fastImports = join(root, "src/weir/runtime/fast-imports.js")
  const argv = ["--import", fastImports, join(root, "examples/tracker/cli.ts"), ...args]
  const env = { PATH: process.env.PATH, NODE_COMPILE_CACHE: compiled, DATABASE_URL: url }
  const child = ownProcess(
    spawn(process.execPath, argv, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] }),
  )
  let [stdout, stderr] = ["", ""]
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text))
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, stdout, stderr })))
}

let files = 0
function fileOf(rows: object[]): string {
  const path = join(folder, `${files++}.ndjson`)
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(""))
  return path
}

const issue = (more: object = {}) => ({ organization_id: 1, project_id: 1, title: "New", ...more })

/** A table, a file's rows, of which one mixes the organizations, and how many of them are imported. */
const tries: [string, string, object[], number][] = [
  ["an issue in a project of others", "issues", [issue(), issue({ project_id: 2 }), issue()], 2],
  ["an issue below one of others", "issues", [issue({ parent_id: 2 }), issue()], 1],
  ["an issue of others in one's own project", "issues", [issue({ organization_id: 2 })], 0],
  ["an issue for a user of others", "issues", [issue({ assignee_id: 2 }), issue({ assignee_id: 1 })], 1],
  [
    "an issue below a row of the same file that is of others",
    "issues",
    [
      issue({ id: 901, organization_id: 2, project_id: 2 }),
      issue({ id: 902, parent_id: 901 }),
      issue({ id: 903, parent_id: 902 }),
      issue({ id: 904, organization_id: 2, project_id: 2, parent_id: 901 }),
    ],
    2,
  ],
  ["a comment on an issue of others", "comments", [{ organization_id: 1, issue_id: 2, text: "x" }], 0],
  [
    "a label on an issue of others",
    "labels",
    [
      { organization_id: 1, issue_id: 2, name: "x" },
      { organization_id: 1, issue_id: 1, name: "x" },
    ],
    1,
  ],
  ["a status of others", "statuses", [{ organization_id: 1, project_id: 2, state: "at_risk" }], 0],
]

/** The rows that refer to a row of another organization. */
const mixed = (url: string) =>
  ask(
    url,
    `select i.id from issues i join projects p on p.id = i.project_id where p.organization_id <> i.organization_id
     union all select i.id from issues i join issues p on p.id = i.parent_id where p.organization_id <> i.organization_id
     union all select c.id from comments c join issues i on i.id = c.issue_id where i.organization_id <> c.organization_id
     union all select l.id from labels l join issues i on i.id = l.issue_id where i.organization_id <> l.organization_id
     union all select s.id from statuses s join projects p on p.id = s.project_id where p.organization_id <> s.organization_id
     union all select i.id from issues i where i.assignee_id is not null and not exists
       (select 1 from memberships m where m.user_id = i.assignee_id and m.organization_id = i.organization_id)`,
  )

describe.each(["libSQL file", "Postgres"] satisfies Kind[])("db:import, %s", (kind) => {
  let url: string
  beforeAll(async () => {
    url = await databases[kind]()
    worked(await command(url, "migrate"))
    worked(await command(url, "seed"))
  })
  const idsOf = async (table: string) => (await ask(url, `select id from ${table}`)).map(([id]) => Number(id))
  const contentOf = (table: string) =>
    ask(url, `select * from ${table} where organization_id = 2 and id <= 20 order by id`)

  test.each(tries)("%s is rejected, the rest is imported", async (_, table, rows, imported) => {
    const [before, content] = [await idsOf(table), await contentOf(table)]
    const path = fileOf(rows)
    const { code, stdout, stderr } = await command(url, "import", table, path)
    expect(stdout, stderr).toContain(`${imported} of ${rows.length} records`)
    expect(code).toBe(1)
    expect((await idsOf(table)).length).toBe(before.length + imported)
    expect(await mixed(url)).toEqual([])
    expect(await contentOf(table)).toEqual(content)
    const whole = await command(url, "import", table, fileOf([...rows, ...rows]), "--atomic")
    expect(whole.code, whole.stdout).toBe(1)
    expect((await idsOf(table)).length).toBe(before.length + imported)
  })

  test("rows of one organization are imported, also where they refer to each other", async () => {
    const rows = [
      issue({ id: 951, assignee_id: 1 }),
      issue({ id: 952, parent_id: 951 }),
      issue({ id: 953, organization_id: 2, project_id: 2, assignee_id: 2 }),
      issue({ id: 954, organization_id: 2, project_id: 2, parent_id: 953 }),
    ]
    expect(worked(await command(url, "import", "issues", fileOf(rows)))).toContain("4 of 4 records")
    expect(await mixed(url)).toEqual([])
  })
})
