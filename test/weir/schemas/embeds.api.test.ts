import "#fresh"
import { describe, expect, test } from "vitest"
import { type Row, rowsOf } from "../support/samples.ts"
import { compare } from "./support/compare.ts"
import { kindOf, type TableFacts } from "./support/facts.ts"
import { expectNone } from "./support/none.ts"
import { type RelationFacts, relatedTo, relationsOf, unanswerable } from "./support/relations.ts"
import { schemas } from "./support/schemas.ts"
import { listed, type Served, serving } from "./support/served.ts"
import { keyText, normal } from "./support/wire.ts"

/** What is embedded, as rows: none, one, or a list. */
const embeddedIn = (row: Row, { name, target }: RelationFacts): Row[] => {
  const value = row[name]
  const rows = Array.isArray(value) ? value : value === null ? [] : [value]
  return rows.map((one: Row) => normal(target, one))
}

/** Embedded rows by their keys, as text that compares. */
const asText = (facts: TableFacts, rows: Row[]): string[] =>
  rows.map((row) => `${keyText(facts, row)} ${JSON.stringify(row)}`).sort()

/** Whether what is embedded belongs to the row: all such rows, or one of them where the relation is to one. */
function belongs(embedded: string[], expected: string[], { kind }: RelationFacts): boolean {
  if (kind === "one" && expected.length > 1)
    return embedded.length === 1 && expected.includes(embedded[0] as string)
  return JSON.stringify(embedded) === JSON.stringify(expected)
}

async function faultsOf(served: Served, facts: TableFacts, relation: RelationFacts): Promise<unknown[]> {
  const { call } = served
  const { status, body, text } = await call("GET", `/${facts.name}?include=${relation.name}`)
  if (status !== 200) return [[relation.name, status, text]]
  const sources = new Map((await served.secretRows(facts)).map((row) => [keyText(facts, row), row]))
  const targets = await served.rows(relation.target)
  return (body as Row[]).flatMap((answered) => {
    const value = answered[relation.name]
    const isList = Array.isArray(value)
    if (value === undefined || (relation.declared && isList !== (relation.kind === "many")))
      return [[relation.name, keyText(facts, answered), value]]
    const row = sources.get(keyText(facts, normal(facts, answered)))
    if (!row) return [[relation.name, "no row has this key", keyText(facts, answered)]]
    const expected = asText(relation.target, relatedTo(relation, row, targets))
    const embedded = asText(relation.target, embeddedIn(answered, relation))
    return belongs(embedded, expected, relation)
      ? []
      : [[relation.name, keyText(facts, row), embedded, expected]]
  })
}

describe.each(schemas)("$name", (schema) => {
  const served = serving(schema)
  const relations = relationsOf(schema)
  const all = [...relations].map(([facts, list]) => ({ name: facts.name, facts, list }))
  const related = all.filter(({ list }) => list.length > 0)

  test.each(related)("$name: embeds through every relation", async ({ facts, list }) => {
    const wrong: unknown[] = []
    for (const relation of list) wrong.push(...(await faultsOf(served(), facts, relation)))
    expectNone(wrong)
  })

  test.each(related)("$name: embeds what Drizzle embeds", async ({ facts, list }) => {
    const wrong: unknown[] = []
    const hasInstants = ({ key, columns }: TableFacts) =>
      key.some((property) => kindOf(columns[property] as never) === "instant")
    for (const relation of list) {
      // A Date of Drizzle's is no key of microseconds.
      if (!relation.declared || hasInstants(facts) || hasInstants(relation.target)) continue
      const query = served().db.query[facts.name]
      const theirs = (await query?.findMany({ with: { [relation.declared]: true } })) ?? []
      const keysOf = (row: Row, name: string) =>
        embeddedIn(row, { ...relation, name })
          .map((one) => keyText(relation.target, one))
          .sort()
      const byKey = new Map(
        theirs.map((row) => [keyText(facts, row), keysOf(row, relation.declared as string)]),
      )
      const many = relation.kind === "many" || `${relation.references}` !== `${relation.target.key}`
      for (const row of await listed(served(), facts, `include=${relation.name}`)) {
        const [ours, drizzle] = [keysOf(row, relation.name), byKey.get(keyText(facts, row))]
        // Of several rows of a relation to one, any is right.
        const same =
          many && relation.kind === "one" ? ours.length === drizzle?.length : `${ours}` === `${drizzle}`
        if (!same) wrong.push([relation.name, keyText(facts, row), ours, drizzle])
      }
    }
    expectNone(wrong)
  })

  test.each(related)("$name: embeds through two relations", async ({ facts, list }) => {
    const wrong: unknown[] = []
    for (const first of list)
      for (const second of relations.get(first.target) ?? []) {
        const path = `/${facts.name}?include=${first.name}.${second.name}`
        const { status, body, text } = await served().call("GET", path)
        if (status !== 200) {
          wrong.push([path, status, text])
          continue
        }
        const middles = await served().secretRows(first.target)
        const targets = await served().rows(second.target)
        const byKey = new Map(middles.map((row) => [keyText(first.target, row), row]))
        for (const middle of (body as Row[]).flatMap((row) => embeddedIn(row, first))) {
          const row = byKey.get(keyText(first.target, middle))
          if (!row) {
            wrong.push([path, "no row has this key", keyText(first.target, middle)])
            continue
          }
          const expected = asText(second.target, relatedTo(second, row, targets))
          const embedded = asText(second.target, embeddedIn(middle, second))
          if (!belongs(embedded, expected, second))
            wrong.push([path, keyText(first.target, middle), embedded, expected])
        }
      }
    expectNone(wrong)
  })

  test.each(related)("$name: filters through every relation", async ({ facts, list }) => {
    const wrong: unknown[] = []
    const sources = await served().secretRows(facts)
    for (const relation of list) {
      const property = relation.target.key[0] as string
      const targets = await served().secretRows(relation.target)
      const value = targets[Math.floor(targets.length / 2)]?.[property]
      const query = `${relation.name}.${property}=${encodeURIComponent(String(value))}`
      const { status, body, text } = await served().call("GET", `/${facts.name}?${query}`)
      const answered =
        status === 200 ? (body as Row[]).map((row) => keyText(facts, normal(facts, row))).sort() : text
      const having = sources.filter((row) =>
        relatedTo(relation, row, targets).some((target) => target[property] === value),
      )
      const expected = having.map((row) => keyText(facts, row)).sort()
      if (JSON.stringify(answered) !== JSON.stringify(expected)) wrong.push([query, answered, expected])
    }
    expectNone(wrong)
  })

  const lists = related
    .map((one) => ({ ...one, list: one.list.filter(({ kind }) => kind === "many") }))
    .filter(({ list }) => list.length > 0)

  test.each(lists)(
    "$name: what is embedded has the newest first, a limit, a sort and fields",
    async ({ facts, list }) => {
      for (const relation of list) {
        const { name, target } = relation
        const targets = await served().secretRows(target)
        const [key] = target.key as [string]
        const query = `include=${name}&include.${name}.limit=2&include.${name}.sort=-${key}&include.${name}.fields=${key}`
        for (const row of rowsOf(await served().call("GET", `/${facts.name}?${query}`))) {
          const source = (await served().secretRows(facts)).find(
            (one) => keyText(facts, one) === keyText(facts, normal(facts, row)),
          )
          const expected = relatedTo(relation, source as Row, targets).length
          const embedded = embeddedIn(row, relation)
          expect([name, embedded.length]).toEqual([
            name,
            relation.declared || Array.isArray(row[name]) ? Math.min(2, expected) : expected,
          ])
          for (const one of embedded) expect(Object.keys(one)).toEqual([key])
        }
        const created = target.columns.createdAt
        const isCounted = kindOf(target.columns[key] as never) === "number" && target.columns[key]?.hasDefault
        if (!created || kindOf(created) !== "instant" || isCounted) continue
        for (const row of rowsOf(await served().call("GET", `/${facts.name}?include=${name}`))) {
          const times = embeddedIn(row, relation).map(({ createdAt }) => createdAt)
          // The newest first: of null, the order is not said.
          const known = times.filter((time) => time !== null)
          expect(known).toEqual([...known].sort((a, b) => compare(created, b, a)))
        }
      }
    },
  )

  test("starts although Drizzle cannot answer some relations, and says which it left out", () => {
    const { api } = served()
    const silent = unanswerable(schema).filter(({ table, name }) => {
      const offered = api.resources.find((resource) => resource.name === table)?.relations[name]
      return !offered && !api.notices.some((notice) => notice.includes(table) && notice.includes(name))
    })
    expectNone(silent)
  })
})
