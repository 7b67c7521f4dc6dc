import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { ask, worked } from "../support/ask.ts"
import { withTables } from "../support/own-tables.ts"
import { databases } from "../support/project.ts"

/** Numbers that JavaScript does not keep go out of a team's own table, and into it, with all their digits. */

const columns = {
  "libSQL file": `import { integer, numeric, sqliteTable, text } from "drizzle-orm/sqlite-core"
export const sums = sqliteTable("sums", { id: integer().primaryKey(), big: integer(), money: numeric({ mode: "number" }), note: text() })
`,
  Postgres: `import { bigint, numeric, pgTable, text } from "drizzle-orm/pg-core"
const big = () => bigint({ mode: "number" })
export const sums = pgTable("sums", { id: big().primaryKey(), big: big(), money: numeric({ mode: "number" }), note: text(), list: big().array() })
`,
}

test.each(["libSQL file", "Postgres"] as const)(
  "%s: db:export and db:import keep all digits",
  async (kind) => {
    const at = withTables(columns[kind], "{ sums: { read: anyone, create: anyone } }")
    const url = await databases[kind]()
    worked(await at.db(url, "generate", "--name", "first"))
    worked(await at.db(url, "migrate"))
    const isPostgres = kind === "Postgres"
    const list = (elements: string) => (isPostgres ? `, '{${elements}}'` : "")
    await ask(
      url,
      `insert into sums values (9007199254740993, -9007199254740993, 9007199254740995, '9007199254740993'${list("9007199254740997,null,1")}),
      (9223372036854775807, 9007199254740992, 2.5, null${list("")}), (3, 5, null, 'x'${list("3")})`,
    )
    const all = `select cast(id as text), cast(big as text), cast(money as text), note${isPostgres ? ", list::text" : ""} from sums order by id`
    const rows = await ask(url, all)
    expect(rows.map(([id]) => id)).toEqual(["3", "9007199254740993", "9223372036854775807"])
    for (const format of ["ndjson", "csv"]) {
      const path = join(at.folder, `sums.${format}`)
      worked(await at.db(url, "export", "sums", "--out", path))
      const text = readFileSync(path, "utf8")
      for (const digits of [
        "9007199254740993",
        "-9007199254740993",
        "9007199254740995",
        "9223372036854775807",
      ])
        expect(text).toMatch(new RegExp(`[:,\\n]${digits},`))
      if (isPostgres) expect(text).toContain("[9007199254740997,null,1]")
      await ask(url, "delete from sums")
      worked(await at.db(url, "import", "sums", path))
      expect([format, await ask(url, all)]).toEqual([format, rows])
    }
    at.write(
      "bad.ndjson",
      '{"id":9223372036854775808}\n{"id":9007199254740999,"note":9007199254740993}\n{"id":9007199254740999}\n',
    )
    const path = join(at.folder, "bad.ndjson")
    expect((await at.db(url, "import", "sums", path)).stdout).toContain("1 of 3 records")
    const rejects = readFileSync(`${path}.rejects.ndjson`, "utf8").trim().split("\n")
    expect(rejects.map((line) => (JSON.parse(line) as { reason: string }).reason.split(":")[0])).toEqual([
      "id",
      "note",
    ])
    expect(rejects[0]).toContain('"record":{"id":9223372036854775808}')
    expect(await ask(url, "select count(*) from sums where id = 9007199254740999")).toEqual([
      [isPostgres ? "1" : 1],
    ])
  },
)
