// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterAll, beforeAll, expect, test } from "vitest"
import { walk } from "../support/paging.ts"
import type { Row as Answered } from "../support/samples.ts"
import { randomSort, randomTree } from "./filters.ts"
import { parameterOf } from "./flat.ts"
import type { Data, Row, TableName } from "./model.ts"
import { Random } from "./random.ts"
import { randomData } from "./rows.ts"
import { jsonText } from "./values.ts"
import { type QueryWorld, queryWorld } from "./world.ts"

/** Pages by cursors over columns and paths of mixed kinds. `WEIR_TEST_SORTS` says how many sorts. */
const count = Number(process.env.WEIR_TEST_SORTS ?? 40)
const seed = Number(process.env.WEIR_TEST_SEED ?? 15)

/** Texts that no cursor holds whole, which begin alike, and of which some are equal. */
function withLongTexts(data: Data): Data {
  const ending = ["", "a", "B", "😀", "a", "\ue000", "é"]
  const longText = (i: number) => `${'😀é\\"'.repeat(200)}${ending[(i / 3) % ending.length]}`
  const papers = data.papers.map(
    (row, i): Row => (i % 3 ? row : { ...row, data: { ...(row.data as Row), color: longText(i) } }),
  )
  const things = data.things.map((row, i): Row => {
    if (i % 3 || row.meta === null || typeof row.meta !== "object" || Array.isArray(row.meta)) return row
    return {
      ...row,
      title: `${"ü".repeat(900)}${ending[(i / 3) % ending.length]}`,
      meta: { ...row.meta, color: longText(i) },
    }
  })
  return { ...data, things, papers }
}

let w: QueryWorld
beforeAll(async () => {
  w = await queryWorld(withLongTexts(randomData(seed)))
})
afterAll(() => w.close())

const keys = (rows: (Row | Answered)[]) => rows.map(({ id, _id }) => _id ?? id)

/** Walks a list in small pages, forth and back, and compares it with the oracle. */
async function expectWhole(table: TableName, sort: string, random: Random): Promise<void> {
  const { oracle } = w
  const tree = random.chance(0.3) ? randomTree(random, oracle.data, table, 2) : {}
  const filter = Object.keys(tree).length
    ? `&${parameterOf(
        "filter",
        "eq",
        jsonText(tree, ([first]) => first as string),
      )}`
    : ""
  const path = `/${table}?limit=3&${parameterOf("sort", "eq", sort)}${filter}`
  const { forward, backward } = await walk(w, path)
  const expected = keys(oracle.sorted(table, sort, oracle.rows(table, tree)))
  expect({ path, keys: keys(forward) }).toEqual({ path, keys: expected })
  expect({ path, keys: keys(backward) }).toEqual({ path, keys: expected })
}

test(`${count} random sorts give each row once, forth and back`, async () => {
  const random = new Random(seed)
  for (let i = 0; i < count; i++) {
    const table = random.pick<TableName>(["things", "things", "makers", "parts", "papers", "papers"])
    const sort = randomSort(random, w.oracle.data, table, 3)
    if (sort) await expectWhole(table, sort, random)
  }
}, 3_600_000)

test.each<[sort: string, table: TableName]>([
  ["meta.color", "things"],
  ["-meta.color", "things"],
  ["title", "things"],
  ["-meta.color,meta.size", "things"],
  ["meta.size.width,-meta.color", "things"],
  ["inner.color", "things"],
  ["color", "papers"],
  ["-color", "papers"],
  ["-_updated_at,color", "papers"],
  ["size.width,-color", "papers"],
])("long texts, of which a cursor holds the beginning: %s of %s", async (sort, table) => {
  await expectWhole(table, sort, new Random(seed))
})
