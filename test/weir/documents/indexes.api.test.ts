// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { sql } from "drizzle-orm"
import { type PgTable, getTableConfig as pgConfig } from "drizzle-orm/pg-core"
import { type SQLiteTable, getTableConfig as sqliteConfig } from "drizzle-orm/sqlite-core"
import { expect, test } from "vitest"
import { parseList } from "../../../src/weir/query/parse.ts"
import { resource } from "../../../src/weir/resource/define.ts"
import { anyone } from "../../../src/weir/resource/rules.ts"
import { collection } from "../../../src/weir/schema.ts"
import { compile, withValues } from "../../../src/weir/sql/plan.ts"
import { compileList } from "../../../src/weir/sql/select.ts"
import { appOf } from "../support/app-of.ts"
import { createTables } from "../support/create-tables.ts"
import { world } from "../support/world.ts"

const indexed = collection("indexed", { index: ["color", "size.width"] })

/** The statements that make a table's indexes, as migrations have them. */
function indexStatements(dialect: string): string[] {
  const { indexes } =
    dialect === "postgres"
      ? pgConfig(indexed as unknown as PgTable)
      : sqliteConfig(indexed as unknown as SQLiteTable)
  return indexes.map(({ config }) => {
    const columns = config.columns.map((column) => {
      const one = "getSQL" in column ? sql`${column}` : sql.identifier((column as { name: string }).name)
      return compile(sql`${one}`).text.replaceAll(/"?indexed"?\./g, "")
    })
    return `create index "${config.name}" on indexed (${columns.join(", ")})`
  })
}

test("statements use the indexes of places: equal, between and sorted", async () => {
  const w = await world()
  const { database } = w
  await createTables(database, { indexed })
  const served = resource(indexed, { read: anyone, create: anyone })
  const call = appOf(w, served)
  const client = database.connect()
  const { dialect } = database
  const statements = indexStatements(dialect)
  expect(statements).toHaveLength(2)
  const documents = Array.from({ length: 3_000 }, (_, n) => ({
    color: `c${n % 500}`,
    size: { width: n % 700 },
  }))
  for (let from = 0; from < 3_000; from += 500)
    expect((await call("POST", "/indexed", { json: documents.slice(from, from + 500) })).status).toBe(201)
  await client.batch([...statements, "analyze indexed"].map((text) => ({ text, params: [] })))
  const compiled = (search: string) => {
    const { query, values } = parseList(served, "anonymous", { search }, 20_000)
    return { values, plan: compileList(query, { bytes: 16_777_216, rows: 20_000 } as never) }
  }
  const planOf = async (search: string) => {
    const { values, plan } = compiled(search)
    const explain = dialect === "postgres" ? "explain" : "explain query plan"
    const statement = withValues(plan, { ...values, "@answerLimit": 16_777_216 })
    const rows = await client.query({ ...statement, text: `${explain} ${statement.text}` })
    return rows.map((row) => row.join(" ")).join("\n")
  }
  const color = "indexed_color_index"
  const width = "indexed_size_width_index"
  for (const [search, index] of [
    ["?color=c7", color],
    ["?color[in]=c7,c8", color],
    ["?size.width=7", width],
    ["?size.width[gte]=690&sort=size.width", width],
    ["?size.width[between]=5,7&sort=size.width", width],
    ['?filter={"size.width":{"lt":3}}&sort=size.width', width],
    ["?sort=size.width&limit=10", width],
    ["?sort=color&limit=10", color],
    ["?color[is_null]=true", color],
  ] as const) {
    const plan = await planOf(search)
    expect(plan, `${search}\n${plan}`).toContain(index)
  }
  // What an index finds comes in the order of its key, so that a page ends where it is full.
  for (const search of ["?color=c7&limit=1", "?size.width=7&limit=1", "?size.width=true&limit=1"]) {
    const plan = await planOf(search)
    expect(plan, `${search}\n${plan}`).not.toMatch(/Sort Key: (?!t0."@n")|TEMP B-TREE/)
    expect(compiled(search).plan.bounded, search).toBe(true)
  }
  for (const search of [
    "?color[ne]=c7",
    "?color[in]=c7,c8",
    "?color=c7&size.width=7",
    "?size.height=7",
    '?filter={"or":[{"color":"c7"},{"color":"c8"}]}',
    '?filter={"not":{"color":"c7"}}',
  ])
    expect(compiled(search).plan.bounded, search).toBe(false)
  // A cursor's page begins at its row: only so does it cost the same wherever it is.
  for (const sort of ["size.width", "-size.width", "color"])
    for (const [cursor, skip] of [
      ["after", 1_500],
      ["before", 2_000],
    ] as const) {
      const { headers } = await call("GET", `/indexed?sort=${sort}&limit=10&skip=${skip}`)
      const relation = cursor === "after" ? "next" : "prev"
      const page = new RegExp(`<([^>]*)>; rel="${relation}"`).exec(headers.get("link") ?? "")?.[1] ?? ""
      const plan = await planOf(page.slice(page.indexOf("?")))
      expect(plan, `${sort} ${cursor}\n${plan}`).toMatch(
        dialect === "postgres" ? /Index Cond: \(ROW/ : /SEARCH t0 USING (COVERING )?INDEX/,
      )
      // Where the keys ascend alike, Postgres asks nothing of the rows that the index finds.
      if (dialect === "postgres" && !sort.startsWith("-"))
        expect(plan, `${sort} ${cursor}\n${plan}`).not.toMatch(/^\s*Filter: /m)
    }
  expect(
    (await call("GET", "/indexed?size.width[gte]=698&sort=-size.width&count=exact")).headers.get(
      "x-total-count",
    ),
  ).toBe("8")
  await w.close()
})
