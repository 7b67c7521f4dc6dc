import "#fresh"
import { describe, expect, test } from "vitest"
import { type Row, rowOf } from "../support/samples.ts"
import { bodyFor } from "./support/bodies.ts"
import type { TableFacts } from "./support/facts.ts"
import { expectNone } from "./support/none.ts"
import { type RelationFacts, relatedTo, relationsOf } from "./support/relations.ts"
import { schemas } from "./support/schemas.ts"
import { serving } from "./support/served.ts"
import { hasPath, keyText, normal, pathOf } from "./support/wire.ts"

/** Whether a relation goes by the parent's key: its path names the parent by that. */
const isOfKey = ({ key }: TableFacts, { fields }: RelationFacts): boolean =>
  fields.length === key.length && fields.every((field) => key.includes(field))

/** Lists within a parent, by whatever key it has, and embeds of single reads. */
describe.each(schemas)("$name", (schema) => {
  const served = serving(schema)
  const related = [...relationsOf(schema)].map(([facts, list]) => ({ name: facts.name, facts, list }))
  const parents = related
    .map((one) => ({
      ...one,
      list: one.list.filter((each) => each.kind === "many" && isOfKey(one.facts, each)),
    }))
    .filter(({ list }) => list.length > 0)

  test.each(parents)("$name: the rows of a parent are a list of its own", async ({ facts, list }) => {
    const rows = (await served().secretRows(facts)).filter((row) => hasPath(facts, row))
    const wrong: unknown[] = []
    for (const relation of list)
      for (const row of rows) {
        const path = `${pathOf(facts, row)}/${relation.name}`
        const targets = await served().rows(relation.target)
        const { status, body, text } = await served().call("GET", path)
        const keys = (all: Row[]) =>
          all.map((one) => keyText(relation.target, normal(relation.target, one))).sort()
        const expected = keys(relatedTo(relation, row, targets))
        const answered = status === 200 ? keys(body as Row[]) : [status, text]
        if (`${answered}` !== `${expected}`) wrong.push([path, answered, expected])
      }
    expectNone(wrong)
  })

  test.each(parents)("$name: a row is created within its parent", async ({ facts, list }) => {
    const row = (await served().secretRows(facts)).find((one) => hasPath(facts, one)) as Row
    for (const { name, target, fields, references } of list) {
      const inherited = Object.fromEntries(
        references.map((reference, i) => [reference, row[fields[i] as string]]),
      )
      const whole = await bodyFor(served(), target, { given: inherited })
      const body = Object.fromEntries(
        Object.entries(whole).filter(([property]) => !references.includes(property)),
      )
      const {
        status,
        body: made,
        text,
      } = await served().call("POST", `${pathOf(facts, row)}/${name}`, { json: body })
      // The parent's row may have all that it can have.
      if (status === 409 && target.key.every((property) => references.includes(property))) continue
      expect(status, `${pathOf(facts, row)}/${name} ${JSON.stringify(body)}: ${text}`).toBe(201)
      expect(made).toMatchObject(inherited)
    }
  })

  test.each(related.filter(({ list }) => list.length > 0))(
    "$name: a single read embeds",
    async ({ facts, list }) => {
      const rows = (await served().secretRows(facts)).filter((row) => hasPath(facts, row))
      const row = rows[Math.floor(rows.length / 2)] as Row
      const answer = await served().call(
        "GET",
        `${pathOf(facts, row)}?include=${list.map(({ name }) => name).join(",")}`,
      )
      const embedded = rowOf(answer)
      for (const relation of list) {
        const value = embedded[relation.name]
        const found = (Array.isArray(value) ? value : value === null ? [] : [value]).length
        const expected = relatedTo(relation, row, await served().rows(relation.target)).length
        expect([relation.name, found]).toEqual([
          relation.name,
          relation.kind === "one" ? Math.min(expected, 1) : expected,
        ])
      }
    },
  )
})
