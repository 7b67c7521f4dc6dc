import { beforeEach, expect, test } from "vitest"
import { ask, refused, worked } from "../support/ask.ts"
import { databases, type Project, project } from "../support/project.ts"

let at: Project
beforeEach(() => {
  at = project()
})

const both = ["libSQL file", "Postgres"] as const
const path = "src/schema/things.ts"

const things = (columns: string) =>
  at.write(
    path,
    `import * as v from "#weir/schema"
const { bigint, bytes, date, decimal, integer, itself, references, table, text, time, uuid, uuidKey } = v
void [bigint, bytes, date, decimal, integer, itself, references, text, time, uuid, uuidKey]
export const things = table("things", { ${columns} })
`,
  )
const generate = async (name: string, ...args: string[]) =>
  worked(await at.db(undefined, "generate", "--name", name, ...args))

const key = "0190a5c4-7d1e-7cc0-8f6a-0a1b2c3d4e5f"
const all = `id: uuidKey(), note: text({ name: "thing_note" }), price: decimal({ precision: 9, scale: 2 }).notNull(),
  code: uuid().notNull(), big: bigint().notNull(), day: date().notNull(), at: time().notNull(),
  image: bytes({ max: 9 }).notNull().default(Buffer.from([1, 255])), parent: references<string>(itself)`

test("each type: a migration that drizzle-kit takes for its own, and nothing to migrate afterwards", async () => {
  things(all)
  await generate("all")
  expect(at.read("drizzle/sqlite/0001_all.sql")).toContain("`price` scaled_integer(9, 2) NOT NULL")
  expect(at.read("drizzle/sqlite/0001_all.sql")).toContain("`image` blob DEFAULT x'01ff' NOT NULL")
  expect(at.read("drizzle/postgres/0001_all.sql")).toContain('"price" numeric(9, 2) NOT NULL')
  expect(at.read("drizzle/postgres/0001_all.sql")).toContain('"parent" uuid')
  expect(at.read("drizzle/postgres/0001_all.sql")).toContain("'\\x01ff'::bytea")
  expect(await generate("again")).toBe("sqlite: nothing has changed\npostgres: nothing has changed\n")
  for (const url of ["file:any.db", "postgres://any/any"]) {
    expect((await at.kit(url, "generate")).stdout).toContain("nothing to migrate")
    expect((await at.kit(url, "check")).code).toBe(0)
  }
  // The property is the team's; the name in the database is what a migration knows.
  at.edit(path, "note: text(", "remark: text(")
  expect(await generate("again")).toBe("sqlite: nothing has changed\npostgres: nothing has changed\n")
})

test("required columns of each type that were dropped come back with a value of their own", async () => {
  things(all.replace(".default(Buffer.from([1, 255]))", ""))
  await generate("first")
  things("id: uuidKey(), note: text({ name: 'thing_note' })")
  const gone = ["price", "code", "big", "day", "at", "image", "parent"]
  await generate("drop", ...gone.flatMap((name) => ["--drop", `things.${name}`]))
  for (const kind of both) {
    const url = await databases[kind]()
    worked(await at.db(url, "migrate"))
    await ask(url, `insert into things (id) values ('${key}')`)
    worked(await at.db(url, "rollback", "--force"))
    const [row] = await ask(
      url,
      `select cast(price as text), cast(code as text), cast(big as text), cast(day as text), cast("at" as text), length(image) from things`,
    )
    expect(row).toEqual([
      kind === "Postgres" ? "0.00" : "0",
      "00000000-0000-0000-0000-000000000000",
      "0",
      "1970-01-01",
      "00:00:00",
      0,
    ])
  }
})

test("a decimal keeps its value when its scale changes, or when it becomes one or is one no more", async () => {
  const urls = await Promise.all(both.map((kind) => databases[kind]()))
  const next = async (name: string, column: string) => {
    things(`id: uuidKey(), price: ${column}`)
    await generate(name)
    for (const url of urls) worked(await at.db(url, "migrate"))
  }
  const sqlite = async (sql: string) => (await ask(urls[0] as string, sql)).map(([value]) => value)
  const postgres = async () =>
    (await ask(urls[1] as string, "select cast(price as text) from things order by price")).map(([v]) => v)
  await next("first", "integer()")
  for (const url of urls)
    for (const [i, price] of ["-7", "12", "null"].entries())
      await ask(url, `insert into things values ('${key.slice(0, -1)}${i}', ${price})`)
  const stored = "select price from things order by price is null, price"
  await next("decimal", "decimal({ precision: 9, scale: 1 })")
  expect(await sqlite(stored)).toEqual([-70, 120, null])
  await next("finer", "decimal({ precision: 9, scale: 3 })")
  expect(await sqlite(stored)).toEqual([-7000, 12000, null])
  expect(await postgres()).toEqual(["-7.000", "12.000", null])
  await ask(urls[0] as string, "update things set price = price + 950")
  await ask(urls[1] as string, "update things set price = price + 0.950")
  await next("coarser", "decimal({ precision: 9, scale: 1 })")
  expect(await sqlite(stored)).toEqual([-61, 130, null])
  expect(await postgres()).toEqual(["-6.1", "13.0", null])
  await next("text", "text()")
  expect(await sqlite("select price from things order by price is null, id")).toEqual(["-6.1", "13.0", null])
  for (const url of urls) worked(await at.db(url, "rollback", "--force"))
  expect(await sqlite(stored)).toEqual([-61, 130, null])
})

test("a decimal that no 64 bits hold is told, and nothing is written", async () => {
  things("id: uuidKey(), price: decimal({ precision: 20, scale: 2 })")
  expect(refused(await at.db(undefined, "generate", "--name", "x"))).toContain(
    "a precision is a whole number from 1 to 18",
  )
})
