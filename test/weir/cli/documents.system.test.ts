import { readFileSync } from "node:fs"
import { join } from "node:path"
import { beforeAll, describe, expect, test } from "vitest"
import { ask, number, refused, worked } from "../support/ask.ts"
import { authSecret, eventually } from "../support/http.ts"
import { killed, tempFolder } from "../support/node-server.ts"
import { type Kind, type Project, prepared, project } from "../support/project.ts"

/** A collection on the commands: migrations, seeds, export and import. */
const at: Project = project()

beforeAll(async () => {
  at.write(
    "src/schema/notes.ts",
    `import { collection } from "#weir/schema"
import { users } from "./users.ts"

export const notes = collection("notes", {
  owner: users,
  index: ["color"],
  schema: { type: "object", properties: { color: { type: "string" } } },
})
`,
  )
  at.edit(
    "src/resources.ts",
    "export const resources = [",
    `export const resources = [
  resource(notes, { read: anyone, create: signedIn, update: signedIn, delete: signedIn }),`,
  )
  at.edit(
    "src/resources.ts",
    "import * as items",
    'import { notes } from "./schema/notes.ts"\nimport * as items',
  )
  at.edit(
    "src/seed.ts",
    "    items: {",
    `    notes: {
      rows: 30,
      row: (n, { users = 1 }) => ({ _id: \`note\${n}\`, _owner_id: (n % users) + 1, color: n % 2 ? "red" : "blue", n }),
    },
    items: {`,
  )
  worked(await at.db(undefined, "generate", "--name", "notes"))
})

const migrated = prepared((url) => at.db(url, "migrate").then(worked))
const withUsers = prepared(async (url) => {
  worked(await at.db(url, "migrate"))
  worked(await at.db(url, "seed", "--users", "3", "--items", "0", "--notes", "0"))
})

const lines = (path: string) => readFileSync(path, "utf8").trim().split("\n")
const records = (path: string) => lines(path).map((line) => JSON.parse(line) as Record<string, unknown>)
function file(name: string, text: string): string {
  at.write(name, text)
  return join(at.folder, name)
}

const times = `"_created_at":"2020-01-02T03:04:05.678Z","_updated_at":"2021-01-02T03:04:05.678Z"`
const odd = [
  `{"_id":"one","_owner_id":2,${times},"n":12345678901234567890.123,"é 😀":{"":[null,{"x":1e400}]}}`,
  `{"_id":"two","_owner_id":3,${times},"__proto__":{"a":1},"text":"a\\u2028b\\"\\\\","color":"red"}`,
  `{"_id":"three","_owner_id":1,${times},"deep":${"[".repeat(31)}1${"]".repeat(31)}}`,
]
const note = (n: number) => `{"_id":"n${n}","_owner_id":${(n % 3) + 1},"n":${n},"color":"c${n % 7}"}`
const many = (count: number, from = 1) =>
  Array.from({ length: count }, (_, i) => `${note(from + i)}\n`).join("")

const all = `select _id, _owner_id, data, _created_at, _updated_at from notes order by _id`

describe.each(["libSQL file", "Postgres"] as const)("%s", (kind: Kind) => {
  test("documents are exported and imported as they were: keys, owners, times, every digit", async () => {
    const url = await withUsers(kind)
    worked(await at.db(url, "import", "notes", file("odd.ndjson", `${odd.join("\n")}\n`)))
    const rows = await ask(url, all)
    expect(rows.map(([_id, owner]) => [_id, Number(owner)])).toEqual([
      ["one", 2],
      ["three", 1],
      ["two", 3],
    ])
    const path = join(tempFolder(), "out.ndjson")
    expect(worked(await at.db(url, "export", "notes", "--out", path))).toContain("3 rows of notes")
    const text = readFileSync(path, "utf8")
    expect(text).toContain("12345678901234567890.123")
    expect(text).toContain('"2020-01-02T03:04:05.678Z"')
    const own = (line: string) => JSON.parse(line) as Record<string, unknown>
    const byId = (texts: string[]) => Object.fromEntries(texts.map((line) => [own(line)._id, own(line)]))
    expect(byId(lines(path))).toEqual(byId(odd))
    await ask(url, "delete from notes")
    worked(await at.db(url, "import", "notes", path))
    expect(await ask(url, all)).toEqual(rows)
    // The same from one database to the next.
    const other = await withUsers(kind)
    worked(await at.db(other, "import", "notes", path, "--atomic"))
    expect(await ask(other, all)).toEqual(rows)
    expect(refused(await at.db(url, "export", "notes", "--format", "csv"))).toContain("exported as ndjson")
    expect(refused(await at.db(url, "import", "notes", file("a.csv", "a\n1\n")))).toContain(
      "imported as ndjson",
    )
  })

  test("bad documents go to a file with their lines and reasons, the others are imported", async () => {
    const url = await withUsers(kind)
    const source = [
      `{"_id":"good","_owner_id":1,"a":1}`,
      `{"_id":"a/b","_owner_id":1}`,
      `{"_id":"x","a":1}`,
      `[1]`,
      `{"_id":"x","_owner_id":1`,
      `{"_owner_id":99,"a":1}`,
      `{"_owner_id":1,"color":5}`,
      `{"_owner_id":1,"_created_at":"yesterday"}`,
      `{"_id":"good","_owner_id":2}`,
      `{"_owner_id":1,"a":${'{"a":'.repeat(33)}1${"}".repeat(33)}}`,
      `{"_owner_id":1,"a":"x\\u0000y"}`,
      `{"_owner_id":1,"size":{"n":1e999999}}`,
      `{"_owner_id":2,"no key":true}`,
    ]
    const path = file("bad.ndjson", source.join("\n"))
    const result = await at.db(url, "import", "notes", path)
    expect(result.code).toBe(1)
    expect(result.stdout).toContain("2 of 13 records")
    const rejects = records(`${path}.rejects.ndjson`).map(({ line, reason }) => `${line} ${reason}`)
    expect(rejects.join("\n")).toMatch(
      new RegExp(
        [
          "^2 _id: must be .*",
          "3 _owner_id: is required",
          "4 .*object",
          "5 is not JSON.*",
          "6 _owner_id: refers to a row that does not exist",
          "7 color: must be string",
          "8 _created_at: .*",
          "9 _id: is already taken",
          "10 a.*: nests deeper than 32 levels",
          "11 a: must not hold NUL",
          "12 size.n: has too many digits$",
        ].join("\n"),
      ),
    )
    expect(await number(url, "select count(*) from notes")).toBe(2)
    const atomic = await at.db(url, "import", "notes", path, "--atomic", "--again")
    expect(atomic.code).toBe(1)
    expect(await number(url, "select count(*) from notes")).toBe(2)
  })

  test("a document is no larger than DOCUMENT_LIMIT, as over HTTP", async () => {
    const url = await withUsers(kind)
    // What an export has besides does not count.
    const sized = (bytes: number) => `{"_owner_id":1,${times},"a":"${"x".repeat(bytes - 8)}"}`
    const path = file("large.ndjson", `${sized(262_144)}\n${sized(262_145)}\n`)
    const result = await at.db(url, "import", "notes", path)
    expect(result.stdout).toContain("1 of 2 records")
    expect(records(`${path}.rejects.ndjson`)).toMatchObject([
      { line: 2, reason: "the document: is larger than 262144 bytes" },
    ])
    at.env.DOCUMENT_LIMIT = "1000"
    try {
      const small = file("small.ndjson", `${sized(1_001)}\n${sized(1_000)}\n`)
      expect((await at.db(url, "import", "notes", small)).stdout).toContain("1 of 2 records")
      expect(records(`${small}.rejects.ndjson`)).toMatchObject([
        { line: 1, reason: "the document: is larger than 1000 bytes" },
      ])
    } finally {
      delete at.env.DOCUMENT_LIMIT
    }
    expect(await number(url, "select count(*) from notes")).toBe(2)
    // What an export holds is taken by an import with the same setting.
    const out = join(tempFolder(), "large.ndjson")
    worked(await at.db(url, "export", "notes", "--out", out))
    await ask(url, "delete from notes")
    worked(await at.db(url, "import", "notes", out))
  })

  test.each([false, true])(
    "kill -9 in the middle of an import: the next run goes on, and nothing is there twice (atomic: %s)",
    async (atomic) => {
      const url = await withUsers(kind)
      const rows = 20_000
      const bad = '{"_owner_id":1,"color":5}\n'
      const path = file("killed.ndjson", atomic ? many(rows) : bad + many(rows - 2) + bad + many(2, rows - 1))
      const options = atomic ? ["--atomic"] : []
      const { child } = at.start(url, "import", "notes", path, ...options)
      const stand = () => number(url, "select coalesce(max(records), 0) from __weir_imports").catch(() => 0)
      await eventually(async () => expect(await stand()).toBeGreaterThan(2_000), 20_000)
      await killed(child)
      const dealt = await stand()
      expect(dealt).toBeLessThan(rows)
      expect(await number(url, "select count(*) from notes")).toBe(atomic ? 0 : dealt - 1)
      const again = await at.db(url, "import", "notes", path, ...options)
      expect(again.stdout).toMatch(/\d+ records were dealt with before; going on from there/)
      expect(again.code).toBe(atomic ? 0 : 1)
      expect(await number(url, "select count(*) from notes")).toBe(rows)
      if (!atomic) expect(records(`${path}.rejects.ndjson`).map(({ line }) => line)).toEqual([1, rows])
      expect(refused(await at.db(url, "import", "notes", path))).toContain("was imported into notes already")
    },
  )

  test("seeds are the same each time, and served", async () => {
    const url = await migrated(kind)
    expect(worked(await at.db(url, "seed", "--users", "4", "--items", "0"))).toContain("4 users, 30 notes")
    const own = "select _id, _owner_id, data from notes order by _id"
    const first = await ask(url, own)
    expect(first).toHaveLength(30)
    const other = await migrated(kind)
    worked(await at.db(other, "seed", "--users", "4", "--items", "0"))
    expect(await ask(other, own)).toEqual(first)
    expect(refused(await at.db(url, "seed"))).toContain("holds rows already")
    const { address, child } = await at.serve(url, { AUTH_SECRET: authSecret })
    try {
      const answer = await fetch(`${address}/notes?color=red&n[gte]=27&fields=_id,n,_owner_id&sort=-n`)
      expect(await answer.json()).toEqual([
        { _id: "note29", n: 29, _owner_id: 2 },
        { _id: "note27", n: 27, _owner_id: 4 },
      ])
    } finally {
      await killed(child)
    }
    at.env.DOCUMENT_LIMIT = "64"
    at.edit("src/seed.ts", '"red" : "blue"', '"red".repeat(30) : "blue"')
    try {
      expect(refused(await at.db(await migrated(kind), "seed", "--items", "0"))).toContain(
        "seed.ts: notes: is larger than 64 bytes",
      )
    } finally {
      delete at.env.DOCUMENT_LIMIT
      at.edit("src/seed.ts", '"red".repeat(30) : "blue"', '"red" : "blue"')
    }
  })
})
