import "#fresh"
import { describe, expect, test } from "vitest"
import * as weir from "../../../src/weir/index.ts"
import type { Row } from "../support/samples.ts"
import type { TableFacts } from "./support/facts.ts"
import { expectNone } from "./support/none.ts"
import { relationsOf } from "./support/relations.ts"
import { schemas } from "./support/schemas.ts"
import { listed, type Served, serving } from "./support/served.ts"
import { hasPath, keyText, pathOf } from "./support/wire.ts"

const { anyone, nobody } = weir

/** What looks like no secret and is one: a rule must be able to hide it. */
const hideable: Record<string, Record<string, string[]>> = {
  "pg-chat": { ticket: ["topic"], draft: ["kind"] },
  "pg-saas": { journal: ["timestamp", "address"] },
  "pg-shop": { baskets: ["payIntentId"], articles: ["cost", "pictures"] },
  "sqlite-mail": { machineKeys: ["key"], persons: ["mailConfirmed"] },
  "sqlite-travel": { proof: ["value"], portCallPhoto: ["key"] },
  "pg-hard": { odd: ["sort", "limit"], crmEntries: ["amount"] },
  "sqlite-hard": { odd: ["sort", "limit"], folders: ["meta"] },
  "sqlite-builder": { tickets: ["gateCode"], houses: ["doorDigits", "seatPlan"] },
}

/** Every secret that a table holds, as text that no answer may contain. */
const secretsOf = (hidden: string[], rows: Row[]): string[] =>
  rows
    .flatMap((row) => hidden.map((property) => row[property]))
    .filter((value): value is string => {
      return typeof value === "string" && value.length > 3 && value !== "bearer"
    })

const rulesFor = (tables: Record<string, string[]>, rule: unknown) =>
  Object.fromEntries(
    Object.entries(tables).map(([table, properties]) => [
      table,
      { fields: Object.fromEntries(properties.map((property) => [property, { read: rule }])) },
    ]),
  )

describe.each(schemas)("$name", (schema) => {
  const hiding = schema.tables.filter(({ name }) => schema.hidden[name])
  const factsOf = (name: string) => schema.tables.find((facts) => facts.name === name) as TableFacts

  describe("without a rule", () => {
    const served = serving(schema)

    test("a secret is in no list, no read and no embed", async () => {
      const relations = relationsOf(schema)
      for (const facts of hiding) {
        const rows = await served().secretRows(facts)
        const secrets = secretsOf(schema.hidden[facts.name] as string[], rows)
        const embedding = [...relations].flatMap(([source, list]) =>
          list.filter(({ target }) => target === facts).map(({ name }) => `/${source.name}?include=${name}`),
        )
        const reads = rows.filter((row) => hasPath(facts, row)).map((row) => pathOf(facts, row))
        for (const path of [`/${facts.name}`, ...embedding, ...reads]) {
          const { status, text } = await served().call("GET", path)
          expect([path, status, secrets.filter((secret) => text.includes(JSON.stringify(secret)))]).toEqual([
            path,
            200,
            [],
          ])
        }
      }
    })

    test("a secret is no parameter: it is neither asked for, filtered nor sorted by", async () => {
      const relations = relationsOf(schema)
      const refused: [string, string][] = []
      for (const { name } of hiding)
        for (const property of schema.hidden[name] as string[]) {
          refused.push([`/${name}?${property}=x`, property])
          for (const operator of ["eq", "contains", "starts_with", "gt", "is_null"])
            refused.push([`/${name}?${property}[${operator}]=x`, `${property}[${operator}]`])
          refused.push([`/${name}?sort=${property}`, "sort"], [`/${name}?sort=-${property}`, "sort"])
          refused.push([`/${name}?fields=${property}`, "fields"])
          for (const [source, list] of relations)
            for (const relation of list.filter(({ target }) => target.name === name))
              refused.push(
                [`/${source.name}?${relation.name}.${property}=x`, `${relation.name}.${property}`],
                [
                  `/${source.name}?include=${relation.name}&include.${relation.name}.fields=${property}`,
                  `include.${relation.name}.fields`,
                ],
              )
        }
      const answered: [string, unknown][] = []
      for (const [path] of refused) {
        const { status, body } = await served().call("GET", path)
        const paths = (body as { errors?: { path: string }[] }).errors?.map((e) => e.path)
        answered.push([path, status === 422 ? paths?.join() : status])
      }
      expectNone(answered.filter(([path, what]) => !same(path, what, refused)))
    })

    test("the start says which columns are hidden", () => {
      const { notices } = served().api
      for (const { name } of hiding)
        for (const property of schema.hidden[name] as string[])
          expect(
            notices.filter((n) => n.includes(name) && n.includes(property)).length,
            property,
          ).toBeGreaterThan(0)
    })
  })

  describe("with a rule that shows it", () => {
    const served = serving(schema, rulesFor(schema.hidden, anyone))

    test.each(hiding)("$name: is read, filtered and sorted by", async (facts) => {
      const rows = await served().secretRows(facts)
      expect(ordered(facts, await listed(served(), facts))).toEqual(ordered(facts, rows))
      for (const property of schema.hidden[facts.name] as string[]) {
        const value = rows.map((row) => row[property]).find((one) => typeof one === "string")
        if (value === undefined) continue
        const found = await listed(served(), facts, `${property}=${encodeURIComponent(String(value))}`)
        expect(found).toHaveLength(rows.filter((row) => row[property] === value).length)
        expect(await listed(served(), facts, `sort=-${property}`)).toHaveLength(rows.length)
      }
    })
  })

  describe("with a rule that hides what looks like nothing", () => {
    const tables = hideable[schema.name] as Record<string, string[]>
    const served = serving(schema, rulesFor(tables, nobody))

    test.each(Object.keys(tables))("%s: is not shown, nor filtered nor sorted by", async (name) => {
      await expectHidden(served(), factsOf(name), tables[name] as string[])
    })
  })
})

const same = (path: string, what: unknown, refused: [string, string][]): boolean =>
  refused.some(([one, name]) => one === path && what === name)

const ordered = (facts: TableFacts, rows: Row[]): Row[] =>
  [...rows].sort((a, b) => (keyText(facts, a) < keyText(facts, b) ? -1 : 1))

async function expectHidden(served: Served, facts: TableFacts, properties: string[]): Promise<void> {
  for (const row of await listed(served, facts))
    for (const property of properties) expect(row).not.toHaveProperty(property)
  for (const property of properties)
    for (const query of [`${property}=x`, `sort=${property}`, `fields=${property}`])
      expect((await served.call("GET", `/${facts.name}?${query}`)).status, query).toBe(422)
}
