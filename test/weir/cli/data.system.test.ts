import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { ask, number, refused, worked } from "../support/ask.ts"
import { eventually } from "../support/http.ts"
import { killed, tempFolder } from "../support/node-server.ts"
import { freePort } from "../support/ports.ts"
import { databases, type Kind, type Project, prepared, project } from "../support/project.ts"

const at: Project = project()
const lines = (path: string) => readFileSync(path, "utf8").trim().split("\n")
const records = (path: string) => lines(path).map((line) => JSON.parse(line) as Record<string, unknown>)

const migrated = prepared((url) => at.db(url, "migrate").then(worked))

/** A migrated database with users 1 to 10. */
const withUsers = prepared(async (url) => {
  worked(await at.db(url, "migrate"))
  worked(await at.db(url, "seed", "--users", "10", "--items", "0"))
})

function file(name: string, text: string): string {
  at.write(name, text)
  return join(at.folder, name)
}

const item = (n: number) => ({
  title: `Item ${n}`,
  description: n % 2 ? `"Quoted", and\ntwo lines ${n}` : null,
  price: n / 10,
  owner_id: (n % 10) + 1,
})
const ndjson = (count: number, from = 1) =>
  Array.from({ length: count }, (_, i) => `${JSON.stringify(item(from + i))}\n`).join("")

describe.each(Object.keys(databases) as Kind[])("%s", (kind) => {
  test("what is exported is imported as it was: CSV and NDJSON, ids and instants too", async () => {
    const url = await withUsers(kind)
    worked(await at.db(url, "import", "items", file("source.ndjson", ndjson(1_500))))
    const all = "select id, title, description, price, owner_id, created_at from items order by id"
    const rows = await ask(url, all)
    expect(rows).toHaveLength(1_500)
    for (const name of ["out.csv", "out.ndjson"]) {
      const path = join(tempFolder(), name)
      expect(worked(await at.db(url, "export", "items", "--out", path))).toContain("1500 rows of items")
      await ask(url, "delete from items")
      worked(await at.db(url, "import", "items", path))
      expect(await ask(url, all)).toEqual(rows)
    }
    // A row that the API makes afterwards has an id of its own.
    const [[next] = []] = await ask(
      url,
      "insert into items (title, price, owner_id) values ('next', 1, 1) returning id",
    )
    expect(Number(next)).toBe(1_501)
    const exported = await at.db(url, "export", "users")
    expect(exported.stdout).not.toContain("hashed_password")
    expect(exported.stdout.split("\n")[0]).toContain('"email":"user1@example.com"')
  })

  test("bad records go to a file with line and reason, the others are imported", async () => {
    const url = await withUsers(kind)
    const csv = [
      "title,price,owner_id,description",
      "good,1.5,1,",
      ",2,1,no title",
      '"two',
      'lines",3,2,ok',
      "bad price,-1,1,x",
      "no number,abc,1,x",
      "no such owner,1,99999,x",
      "short,1",
    ]
    const path = file("bad.csv", csv.join("\n"))
    const result = await at.db(url, "import", "items", path)
    expect(result.code).toBe(1)
    expect(result.stdout).toContain("2 of 7 records")
    const rejects = records(`${path}.rejects.ndjson`)
    expect(rejects.map(({ line }) => line)).toEqual([3, 6, 7, 8, 9])
    expect(rejects.map(({ reason }) => reason).join("\n")).toMatch(
      /^title: .*\nprice: .*\nprice: must be a number\nowner_id: refers to a row that does not exist\nhas 2 values, and the header 4$/,
    )
    expect(await ask(url, "select title, description from items order by id")).toEqual([
      ["good", null],
      ["two\nlines", "ok"],
    ])

    const taken = file(
      "taken.ndjson",
      `{"email":"user3@example.com","username":"new","password":"long enough"}\nnonsense\n[1]\n{"email":"n@e.com","username":"new2","password":"long enough","admin":true}\n`,
    )
    expect((await at.db(url, "import", "users", taken)).code).toBe(1)
    expect(
      records(`${taken}.rejects.ndjson`)
        .map(({ line, reason }) => `${line} ${reason}`)
        .join("\n"),
    ).toMatch(
      /^1 email: is already taken\n2 is not JSON.*\n3 is no JSON object\n4 admin: is not a field that can be written$/,
    )
    expect(await number(url, "select count(*) from users")).toBe(10)
  })

  test("all or nothing: one bad record, and no row is imported", async () => {
    const url = await withUsers(kind)
    const bad = file("atomic.ndjson", `${ndjson(1_200)}{"title":"","price":1,"owner_id":1}\n`)
    const result = await at.db(url, "import", "items", bad, "--atomic")
    expect(result.code).toBe(1)
    expect(result.stdout).toContain("0 of 1201 records")
    expect(records(`${bad}.rejects.ndjson`)[0]?.reason).toMatch(/^title: /)
    expect(await number(url, "select count(*) from items")).toBe(0)
    // What only the database can refuse, too.
    const orphan = file("orphan.ndjson", `${ndjson(5)}{"title":"orphan","price":1,"owner_id":777}\n`)
    expect(refused(await at.db(url, "import", "items", orphan, "--atomic"))).toContain("nothing was imported")
    expect(await number(url, "select count(*) from items")).toBe(0)
    worked(await at.db(url, "import", "items", file("good.ndjson", ndjson(1_200)), "--atomic"))
    expect(await number(url, "select count(*) from items")).toBe(1_200)
    expect(await ask(url, "select title from items order by id limit 1")).toEqual([["Item 1"]])
  })

  test.each([false, true])(
    "kill -9 in the middle of an import: the next run goes on, and nothing is there twice (atomic: %s)",
    async (atomic) => {
      const url = await withUsers(kind)
      const rows = 20_000
      const bad = '{"title":""}\n'
      const path = file(
        "killed.ndjson",
        atomic ? ndjson(rows) : bad + ndjson(rows - 2) + bad + ndjson(2, rows - 1),
      )
      const options = atomic ? ["--atomic"] : []
      const { child } = at.start(url, "import", "items", path, ...options)
      const stand = () => number(url, "select coalesce(max(records), 0) from __weir_imports").catch(() => 0)
      await eventually(async () => expect(await stand()).toBeGreaterThan(2_000), 20_000)
      await killed(child)
      const dealt = await stand()
      expect(dealt).toBeLessThan(rows)
      expect(await number(url, "select count(*) from items")).toBe(atomic ? 0 : dealt - 1)
      const again = await at.db(url, "import", "items", path, ...options)
      expect(again.stdout).toMatch(/\d+ records were dealt with before; going on from there/)
      expect(again.code).toBe(atomic ? 0 : 1)
      expect(await number(url, "select count(*) from items")).toBe(rows)
      expect(await number(url, "select count(distinct title) from items")).toBe(rows)
      if (!atomic) expect(records(`${path}.rejects.ndjson`).map(({ line }) => line)).toEqual([1, rows])
      expect(refused(await at.db(url, "import", "items", path))).toContain("was imported into items already")
    },
  )
})

describe.each(["libSQL file", "Postgres"] as const)("%s", (kind) => {
  test("seeds are the same each time, and for an empty database only", async () => {
    const exports: unknown[] = []
    for (let i = 0; i < 2; i++) {
      const url = await migrated(kind)
      expect(worked(await at.db(url, "seed", "--users", "20", "--items", "50"))).toContain(
        "20 users, 50 items",
      )
      exports.push(await ask(url, "select id, title, description, price, owner_id from items order by id"))
      expect(refused(await at.db(url, "seed"))).toContain("users holds rows already")
    }
    expect(exports[0]).toEqual(exports[1])
    expect(exports[0]).toHaveLength(50)
  })

  test.each([[], ["--atomic"]])(
    "two processes that import one file: no row is lost or there twice (%s)",
    async (...options) => {
      const url = await withUsers(kind)
      const path = file("twice.ndjson", ndjson(15_000))
      const both = await Promise.all([1, 2].map(() => at.db(url, "import", "items", path, ...options)))
      // One may have begun after the other had ended.
      const refusals = both.filter(({ code }) => code !== 0)
      expect(refusals.length).toBeLessThan(2)
      for (const { stderr } of refusals)
        expect(stderr).toMatch(/another process is importing this file|was imported into items already/)
      await at.db(url, "import", "items", path, ...options)
      expect(await number(url, "select count(*) from items")).toBe(15_000)
      expect(await number(url, "select count(distinct title) from items")).toBe(15_000)
    },
  )

  test("begun with --atomic, an import goes on so, or starts over", async () => {
    const url = await withUsers(kind)
    const path = file("mode.ndjson", ndjson(20_000))
    const { child } = at.start(url, "import", "items", path, "--atomic")
    await eventually(
      async () =>
        expect(
          await number(url, "select coalesce(max(records), 0) from __weir_imports").catch(() => 0),
        ).toBeGreaterThan(2_000),
      20_000,
    )
    await killed(child)
    expect(refused(await at.db(url, "import", "items", path))).toContain("was begun with --atomic")
    expect(await number(url, "select count(*) from items")).toBe(0)
    worked(await at.db(url, "import", "items", path, "--again"))
    expect(await number(url, "select count(*) from items")).toBe(20_000)
    // With its table, what was imported is forgotten.
    worked(await at.db(url, "rollback", "--to", "base", "--force"))
    worked(await at.db(url, "migrate"))
    worked(await at.db(url, "seed", "--users", "10", "--items", "0"))
    worked(await at.db(url, "import", "items", path))
    expect(await number(url, "select count(*) from items")).toBe(20_000)
  })
})

test("what looks like a line or a letter and is none", async () => {
  const url = await withUsers("libSQL file")
  const odd = [
    { title: "a\u2028b\u2029c", description: "", price: 0.1, owner_id: 1 },
    { title: "\u00e9\ud83d\ude00", description: null, price: 1e21, owner_id: 2 },
  ]
  worked(
    await at.db(url, "import", "items", file("odd.ndjson", odd.map((row) => JSON.stringify(row)).join("\n"))),
  )
  const all = "select title, description, price, owner_id from items order by id"
  const rows = await ask(url, all)
  expect(rows).toEqual(odd.map((row) => Object.values(row)))
  for (const name of ["odd.out.csv", "odd.out.ndjson"]) {
    worked(await at.db(url, "export", "items", "--out", name))
    await ask(url, "delete from items")
    worked(await at.db(url, "import", "items", name))
    expect(await ask(url, all)).toEqual(rows)
  }
  const mixed = file("mixed.csv", "\uFEFFtitle,price,owner_id\r\none,1,1\ntwo,2,2\r\n\n")
  worked(await at.db(url, "import", "items", mixed))
  expect(await number(url, "select count(*) from items where title in ('one', 'two')")).toBe(2)
  const latin = join(at.folder, "latin.csv")
  writeFileSync(latin, Buffer.from("title,price,owner_id\ncaf\xe9,1,1\n", "latin1"))
  expect(refused(await at.db(url, "import", "items", latin))).toContain("latin.csv is not UTF-8")
  expect(worked(await at.db(url, "import", "items", file("empty.ndjson", "\n"), "--atomic"))).toContain(
    "0 of 0 records",
  )
  const header = (text: string) => at.db(url, "import", "items", file("header.csv", `${text}\nA,1,1,B\n`))
  expect(refused(await header("title,price,owner_id,title"))).toContain("names title twice")
  expect(refused(await header("title,price,owner_id,constructor"))).toContain(
    'names "constructor": the columns may be title',
  )
  const long = file("long.ndjson", `{"title":"${"x".repeat(67_108_865)}"}\n${ndjson(1, 77)}`)
  expect((await at.db(url, "import", "items", long)).stdout).toContain("1 of 2 records")
  expect(records(`${long}.rejects.ndjson`)[0]?.reason).toBe("is longer than 67108864 characters")
})

test("rows of megabytes are exported and imported, to the same limit", { timeout: 600_000 }, async () => {
  const wide = project()
  wide.edit("src/schema/items.ts", "max: 10_000", "max: 100_000_000")
  worked(await wide.db(undefined, "generate", "--name", "wide"))
  const url = await databases["libSQL file"]()
  worked(await wide.db(url, "migrate"))
  worked(await wide.db(url, "seed", "--users", "1", "--items", "3"))
  const long = `replace(hex(zeroblob(1500000)), '0', '"')`
  await ask(url, `update items set description = ${long} || 'é' where id = 1`)
  await ask(url, `update items set description = ${long} where id = 3`)
  const all = "select id, title, description from items order by id"
  const rows = await ask(url, all)
  expect(String(rows[0]?.[2])).toHaveLength(3_000_001)
  for (const name of ["wide.csv", "wide.ndjson"]) {
    const path = join(tempFolder(), name)
    worked(await wide.db(url, "export", "items", "--out", path))
    await ask(url, "delete from items")
    worked(await wide.db(url, "import", "items", path))
    expect(await ask(url, all)).toEqual(rows)
  }
  await ask(url, "update items set description = hex(zeroblob(34000000)) where id = 2")
  const line = refused(await wide.db(url, "export", "items", "--out", join(tempFolder(), "x.csv")))
  expect(line).toContain("a row of items after id 1 is larger than 67108864 bytes")
})

test("files that are there are not lost: the source, an earlier export, a full disk", async () => {
  const url = await withUsers("libSQL file")
  const source = file("source2.ndjson", ndjson(3))
  expect(refused(await at.db(url, "import", "items", source, "--rejects", source))).toContain(
    "is the file that is imported",
  )
  worked(await at.db(url, "import", "items", source))
  const kept = join(at.folder, "kept.ndjson")
  worked(await at.db(url, "export", "items", "--out", kept))
  const before = readFileSync(kept, "utf8")
  expect(
    refused(
      await at.db(`postgres://postgres@127.0.0.1:${await freePort()}/x`, "export", "items", "--out", kept),
    ),
  ).toContain("cannot be reached")
  expect(readFileSync(kept, "utf8")).toBe(before)
  symlinkSync("/dev/full", join(at.folder, "full.csv.new"))
  expect(refused(await at.db(url, "export", "items", "--out", "full.csv"))).toMatch(/ENOSPC|no space/)
})

test("wrong use: one line, and not zero", async () => {
  const url = await withUsers("libSQL file")
  const good = file("one.ndjson", ndjson(1))
  expect(refused(await at.db(url, "import", "itemz", good))).toContain(
    "there is no table itemz; there are users, items",
  )
  expect(refused(await at.db(url, "import", "items", "missing.csv"))).toContain("missing.csv cannot be read")
  expect(refused(await at.db(url, "import", "items", at.folder))).toContain("it is no file")
  expect(refused(await at.db(url, "import", "items", good, "--format", "xml"))).toContain("--format xml")
  const broken = file("broken.csv", `title,price,owner_id\n${"a,1,1\n".repeat(5)}"never closed,1,1\n`)
  expect(refused(await at.db(url, "import", "items", broken))).toMatch(
    /broken\.csv is no CSV from line \d+ on/,
  )
  expect(refused(await at.db(url, "export", "nothing"))).toContain("there is no table nothing")
  expect(refused(await at.db(url, "export", "items", "--out", "/no/such/folder/x.csv"))).toContain(
    "/no/such/folder/x.csv",
  )
  expect(refused(await at.db(url, "seed", "--users", "many"))).toContain("--users many")
  expect(refused(await at.db("file:/tmp/weir-none/none.db", "export", "items"))).toContain("cannot open")
  expect(
    refused(await at.db(`postgres://postgres@127.0.0.1:${await freePort()}/x`, "import", "items", good)),
  ).toContain("cannot be reached")
  const empty = await databases["libSQL file"]()
  expect(refused(await at.db(empty, "import", "items", good))).toContain("npm run db:migrate")
  expect(existsSync(`${good}.rejects.ndjson`)).toBe(false)
})

test.each(Object.keys(databases) as Kind[])("%s: an import is held to a resource's quota", async (kind) => {
  const limited = project()
  limited.edit(
    "src/resources.ts",
    "create: signedIn,",
    "create: signedIn,\n    quota: { rows: 20, per: owner },",
  )
  const url = await withUsers(kind)
  // Ten users' items in turn: the last five records are each one too many.
  const source = join(limited.folder, "quota.ndjson")
  limited.write("quota.ndjson", ndjson(205))
  const atomic = await limited.db(url, "import", "items", source, "--atomic")
  expect(atomic.stderr + atomic.stdout).toContain(
    "There may be at most 20 of items with one value of owner_id",
  )
  expect(await number(url, "select count(*) from items")).toBe(0)
  const ended = await limited.db(url, "import", "items", source, "--again")
  expect(ended.code).toBe(1)
  expect(ended.stdout).toContain("200 of 205 records")
  expect(await number(url, "select count(*) from items")).toBe(200)
  expect(records(`${source}.rejects.ndjson`).map(({ line }) => line)).toEqual([201, 202, 203, 204, 205])
})

test.each(Object.keys(databases) as Kind[])(
  "%s: an import is held to the rules for new rows",
  async (kind) => {
    const strict = project()
    strict.edit(
      "src/resources.ts",
      "create: signedIn,",
      `create: (row, viewer) => viewer.kind !== "anonymous" && sql\`\${row("title")} <> 'Forbidden' and exists (select 1 from items other where other.title = 'First' or \${row("title")} = 'First')\`,`,
    )
    strict.edit("src/resources.ts", "import ", 'import { sql } from "drizzle-orm"\nimport ')
    const url = await withUsers(kind)
    const line = (title: string) => `${JSON.stringify({ title, price: 1, owner_id: 1 })}\n`
    // The second record needs the first one, of the same batch.
    strict.write("rules.ndjson", ["Second", "First", "Forbidden", "Third"].map(line).join(""))
    const source = join(strict.folder, "rules.ndjson")
    const atomic = await strict.db(url, "import", "items", source, "--atomic")
    expect(atomic.stderr).toContain("A rule forbids this row of items")
    expect(await number(url, "select count(*) from items")).toBe(0)
    const ended = await strict.db(url, "import", "items", source, "--again")
    expect(ended.stdout).toContain("3 of 4 records")
    expect(records(`${source}.rejects.ndjson`)).toMatchObject([
      { line: 3, reason: "A rule forbids this row of items" },
    ])
    strict.write("good.ndjson", ["Second", "First", "Third"].map(line).join(""))
    const good = await strict.db(url, "import", "items", join(strict.folder, "good.ndjson"), "--atomic")
    expect(good.stdout).toContain("3 of 3 records")
  },
)
