import type { Database } from "../../../src/weir/db/driver.ts"
import type { Call } from "../support/client.ts"
import { createDocuments, randomDocuments } from "./documents.ts"
import type { Data, Row, TableName } from "./model.ts"
import { anyJson, columnTexts, someObject } from "./pools.ts"
import { Random } from "./random.ts"
import { type Json, jsonText } from "./values.ts"

/** Random rows by a seed, with ties in every column. */
export function randomData(seed: number): Data {
  const random = new Random(seed)
  const maybe = <T>(value: T): T | null => (random.chance(0.2) ? null : value)
  const range = (count: number) => Array.from({ length: count }, (_, i) => i + 1)
  const amounts = [0, 1, 2, 5, 10, -3, 9007199254740991, -9007199254740991, 100]
  const prices = ["0.00", "0.10", "1.50", "19.50", "-2.25", "9999999999.99", "10.00", "2.00"]
  const moments = [0, 1, 999, 1_769_860_800_000, 1_769_860_800_001, -1, 253_402_300_799_999]
  const reference = (count: number) => (random.chance(0.15) ? null : 1 + random.below(count))
  const json = (depth?: number) =>
    maybe(random.chance(0.8) ? someObject(random, depth) : anyJson(random, depth))
  const makers = range(12).map(
    (id): Row => ({
      id,
      name: random.pick(columnTexts),
      rank: maybe(random.below(5)),
      profile: json(2),
      hidden: random.chance(0.2),
    }),
  )
  const things = range(70).map(
    (id): Row => ({
      id,
      title: maybe(random.pick(columnTexts)),
      amount: maybe(random.pick(amounts)),
      price: maybe(random.pick(prices)),
      active: maybe(random.chance(0.5)),
      moment: maybe(new Date(random.pick(moments)).toISOString()),
      meta: json(),
      note: maybe(random.pick(columnTexts)),
      inner: json(2),
      rival_id: reference(12),
      open: random.chance(0.6),
      secret: random.pick(columnTexts),
      vault: json(1),
      maker_id: reference(12),
      hidden: random.chance(0.15),
    }),
  )
  const parts = range(110).map(
    (id): Row => ({
      id,
      thing_id: reference(70),
      label: maybe(random.pick(columnTexts)),
      size: maybe(random.below(6)),
      info: json(2),
      hidden: random.chance(0.15),
    }),
  )
  return { makers, things, parts, papers: randomDocuments(random, makers) }
}

/** A row with its numbers in JSON spelled in many ways; those beyond a double as `"@1e400"`, which no API takes. */
const bodyOf = (row: Row, random: Random): string =>
  jsonText(marked(row), (spellings) => random.pick(spellings))

const marks = new Map<Json, string>([
  [Number.POSITIVE_INFINITY, "@1e400"],
  [Number.NEGATIVE_INFINITY, "@-1e400"],
])

function marked(value: Json): Json {
  const mark = marks.get(value)
  if (mark) return mark
  if (Array.isArray(value)) return value.map(marked)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, marked(one)]))
}

/** Creates the rows by the API; numbers beyond a double are put into the database past it. */
export async function create(data: Data, call: Call, database: Database): Promise<void> {
  const random = new Random(1)
  for (const table of ["makers", "things", "parts"] as TableName[]) {
    if (data[table].length === 0) continue
    const body = `[${data[table].map((row) => bodyOf(row, random)).join(",")}]`
    const { status, text } = await call("POST", `/${table}`, {
      body,
      headers: { "content-type": "application/json" },
    })
    if (status !== 201) throw new Error(`${table}: ${status} ${text.slice(0, 2_000)}`)
  }
  const columns = { ql_makers: ["profile"], ql_things: ["meta", "inner", "vault"], ql_parts: ["info"] }
  const unmark = (column: string) =>
    database.dialect === "postgres"
      ? `"${column}" = replace(replace("${column}"::text, '"@1e400"', '1e400'), '"@-1e400"', '-1e400')::json`
      : `"${column}" = replace(replace("${column}", '"@1e400"', '1e400'), '"@-1e400"', '-1e400')`
  const client = database.connect()
  await client.batch(
    Object.entries(columns).flatMap(([table, names]) =>
      names.map((name) => ({ text: `update ${table} set ${unmark(name)}`, params: [] })),
    ),
  )
  await client.close?.()
  await createDocuments(data, call, database, (document) =>
    jsonText(document, (spellings) => random.pick(spellings)),
  )
}
