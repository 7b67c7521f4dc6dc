import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { refused, worked } from "../support/ask.ts"
import { tempFolder } from "../support/node-server.ts"
import { type Project, project } from "../support/project.ts"
import { runWrangler } from "../support/wrangler-server.ts"

/** A project with a local D1 of its own. */
function onD1() {
  const at = project()
  const folder = tempFolder()
  at.write(
    "wrangler.toml",
    `name = "rows"
compatibility_date = "2026-10-01"
[[d1_databases]]
binding = "DB"
database_name = "rows"
database_id = "00000000-0000-0000-0000-000000000000"
migrations_dir = "drizzle/sqlite"
`,
  )
  const d1 = async (...args: string[]) => {
    const { code, output } = await runWrangler(
      "d1",
      ...args,
      "--local",
      "--persist-to",
      folder,
      "--cwd",
      at.folder,
    )
    expect(code, output).toBe(0)
    return output
  }
  return {
    at,
    apply: () => d1("migrations", "apply", "DB"),
    run: (file: string) => d1("execute", "DB", "--file", file),
    ask: async (query: string): Promise<Record<string, unknown>> => {
      const output = await d1("execute", "DB", "--json", "--command", query)
      const [first] = JSON.parse(output.slice(output.indexOf("["))) as {
        results: Record<string, unknown>[]
      }[]
      return first?.results[0] ?? {}
    },
    check: (...args: string[]) => at.db(undefined, "check-d1", "--persist-to", folder, ...args),
  }
}

const ways = { cascades: "cascade", empties: "set null", restricts: "restrict", nothings: "no action" }

/** Parents with a child of each kind, grandchildren, a table in a cycle, and one that refers to itself. */
const schema = (at: Project, max: number, extra = "") =>
  at.write(
    "src/schema/family.ts",
    `import { id, integer, itself, references, table, text } from "#weir/schema"
const note = () => text({ max: ${max} })
export const parents = table("parents", { id: id(), note: note(), above_id: references(itself, { onDelete: "cascade" }), best_id: references(() => cascades.id, { onDelete: "set null" })${extra} })
export const others = table("others", { id: id(), note: note() })
${Object.entries(ways)
  .map(
    ([name, onDelete]) =>
      `export const ${name} = table("${name}", { id: id(), note: ${name === "empties" ? "note()" : "text({ max: 9 })"}, parent_id: references(() => parents.id, { onDelete: "${onDelete}" }), other_id: references(() => others.id, { onDelete: "cascade" }) })`,
  )
  .join("\n")}
export const grandchildren = table("grandchildren", { id: id(), of_id: references(() => cascades.id, { onDelete: "cascade" }).notNull() })
void integer
`,
  )

const tables = ["parents", "others", ...Object.keys(ways), "grandchildren"]
const columns = (name: string) =>
  name === "parents"
    ? "id, note, above_id, best_id"
    : name === "others"
      ? "id, note"
      : name === "grandchildren"
        ? "id, of_id"
        : "id, note, parent_id, other_id"
const everyRow = `select ${tables.map((name) => `(select json_group_array(json_array(${columns(name)})) from ${name}) as ${name}`).join(", ")}`

// wrangler takes seconds for each command, and more on a busy machine.
const patient = { timeout: 600_000 }

test("on D1, rebuilds and their ways back keep every row, and every reference", patient, async () => {
  const { at, apply, run, ask, check } = onD1()
  schema(at, 9)
  worked(await at.db(undefined, "generate", "--name", "family"))
  at.write(
    "drizzle/sqlite/0001_family.sql",
    [
      at.read("drizzle/sqlite/0001_family.sql"),
      "insert into others (id, note) values (1, 'x'), (2, 'y');",
      "insert into parents (id, note, above_id) values (1, 'a', null), (2, 'b', 1), (3, 'c', 2);",
      ...Object.keys(ways).map(
        (name) =>
          `insert into ${name} (id, parent_id, other_id) values (1, 1, 2), (2, 3, 1), (3, null, null);`,
      ),
      "insert into grandchildren (id, of_id) values (1, 1), (2, 2), (3, 1);",
      "update parents set best_id = 2 where id < 3;",
    ].join("--> statement-breakpoint\n"),
  )
  await apply()
  const rows = await ask(everyRow)
  expect(rows.grandchildren).toBe("[[1,1],[2,2],[3,1]]")

  schema(at, 8, ", level: integer({ min: 1 }).notNull().default(2)")
  worked(await at.db(undefined, "generate", "--name", "rebuild"))
  const up = at.read("drizzle/sqlite/0002_rebuild.sql")
  for (const name of ["parents", "others", "empties"]) expect(up).toContain(`DROP TABLE \`${name}\``)
  worked(await check())
  await apply()
  const leveled = "(select count(*) from parents where level = 2) as leveled"
  expect(await ask(`${everyRow}, ${leveled}`)).toEqual({ ...rows, leveled: 3 })

  await run(join(at.folder, "drizzle/sqlite/down/0002_rebuild.sql"))
  const broken = "(select count(*) from pragma_foreign_key_check) as broken"
  expect(await ask(`${everyRow}, ${broken}`)).toEqual({ ...rows, broken: 0 })
})

test(
  "a migration that would lose rows on D1 is refused where there are rows, and accepted by --force",
  patient,
  async () => {
    const { at, apply, ask, check } = onD1()
    // As drizzle-kit writes a rebuild.
    const rebuild = `PRAGMA foreign_keys=OFF;--> statement-breakpoint
CREATE TABLE \`__new_users\` (\`id\` integer PRIMARY KEY AUTOINCREMENT NOT NULL, \`email\` text NOT NULL, \`username\` text NOT NULL, \`hashed_password\` text NOT NULL, \`role\` text DEFAULT 'user' NOT NULL);--> statement-breakpoint
INSERT INTO \`__new_users\` SELECT "id", "email", "username", "hashed_password", "role" FROM \`users\`;--> statement-breakpoint
DROP TABLE \`users\`;--> statement-breakpoint
ALTER TABLE \`__new_users\` RENAME TO \`users\`;--> statement-breakpoint
PRAGMA foreign_keys=ON;`
    const journal = at.read("drizzle/sqlite/meta/_journal.json")
    const add = () => {
      at.write("drizzle/sqlite/0001_rebuild.sql", rebuild)
      const read = JSON.parse(journal) as { entries: { idx: number; tag: string; when: number }[] }
      const [first] = read.entries
      read.entries.push({ ...first, idx: 1, tag: "0001_rebuild", when: (first?.when ?? 0) + 1 })
      at.write("drizzle/sqlite/meta/_journal.json", JSON.stringify(read))
    }
    await apply()
    add()
    // Without rows, there is nothing to lose.
    worked(await check())
    await ask(
      "insert into users (email, username, hashed_password) values ('a@b.c', 'abc', 'x'); insert into items (title, price, owner_id) values ('one', 1, 1), ('two', 2, 1)",
    )
    expect(refused(await check())).toContain("0001_rebuild drops users, which on D1 deletes 2 rows of items")
    worked(await check("--force"))
    // Once it is applied, there is no more to say.
    await apply()
    worked(await check())
    const { scripts } = JSON.parse(readFileSync(join(at.folder, "package.json"), "utf8")) as {
      scripts: Record<string, string>
    }
    expect(scripts["dev:worker"]).toMatch(
      /^npm run -s db:check-d1 && wrangler d1 migrations apply DB --local && /,
    )
  },
)

test("wrong use: one line, and not zero", async () => {
  const { at, check } = onD1()
  at.write(
    "drizzle/sqlite/0000_init.sql",
    "create table a (id integer primary key);--> statement-breakpoint\ncreate table b (a_id integer references a (id) on delete cascade);--> statement-breakpoint\ninsert into a values (1);--> statement-breakpoint\ninsert into b values (1);--> statement-breakpoint\ndrop table a;",
  )
  // The rows that the migrations themselves insert count as well.
  expect(refused(await check())).toContain("0000_init drops a, which on D1 deletes 1 rows of b")
  expect(refused(await check("--binding", "NONE"))).toContain("wrangler cannot ask NONE")
})
