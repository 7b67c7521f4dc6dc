import "#fresh"
import { describe, expect, test } from "vitest"
import { type Row, rowOf } from "../support/samples.ts"
import { bodyFor, next, valueFor } from "./support/bodies.ts"
import { kindOf, type TableFacts } from "./support/facts.ts"
import { relationsOf } from "./support/relations.ts"
import { schemas } from "./support/schemas.ts"
import { serving } from "./support/served.ts"
import { hasPath, normal, pathOf } from "./support/wire.ts"

/** A column that a row may change in freely. */
const changeable = (facts: TableFacts): string | undefined =>
  Object.keys(facts.columns).find(
    (property) =>
      ["text", "number", "boolean", "numeric"].includes(kindOf(facts.columns[property] as never)) &&
      ![facts.key, ...facts.uniques, ...facts.references.map(({ columns }) => columns)]
        .flat()
        .includes(property),
  )

/** No answer is older than a write: of lists, rows, parents' lists and embeds, by any key. */
describe.each(schemas)("$name", (schema) => {
  const served = serving(schema, {}, { cached: true })
  const relations = relationsOf(schema)

  test.each(schema.tables)("$name: every read after a write shows it", async (facts) => {
    const { call } = served()
    const row = (await served().rows(facts)).find((one) => hasPath(facts, one)) as Row
    const embeds = [...relations].flatMap(([source, list]) =>
      list.filter(({ target }) => target === facts).map(({ name }) => `/${source.name}?include=${name}`),
    )
    const reads = [`/${facts.name}?limit=1000`, pathOf(facts, row), ...embeds]
    const texts = async () => {
      for (const path of reads) await call("GET", path)
      const answers = await Promise.all(reads.map((path) => call("GET", path)))
      for (const { headers } of answers) expect(headers.get("cache-status")).toMatch(/hit/)
      return answers.map(({ text }) => text)
    }
    const first = await texts()
    const property = changeable(facts)
    if (property && !schema.hidden[facts.name]?.includes(property)) {
      const value = valueFor(facts.columns[property] as never, next())
      const changed = kindOf(facts.columns[property] as never) === "boolean" ? !row[property] : value
      const patched = await call("PATCH", pathOf(facts, row), { json: { [property]: changed } })
      expect(patched.status, patched.text).toBe(200)
      const second = await texts()
      expect(JSON.parse(second[1] as string)[property]).toEqual(changed)
      expect(second[0]).not.toBe(first[0])
    }
    const created = await call("POST", `/${facts.name}`, { json: await bodyFor(served(), facts) })
    expect(created.status, created.text).toBe(201)
    const third = await texts()
    expect((JSON.parse(third[0] as string) as Row[]).length).toBe(
      (JSON.parse(first[0] as string) as Row[]).length + 1,
    )
    await call("DELETE", pathOf(facts, normal(facts, rowOf(created))))
    expect((JSON.parse((await texts())[0] as string) as Row[]).length).toBe(
      (JSON.parse(first[0] as string) as Row[]).length,
    )
  })
})
