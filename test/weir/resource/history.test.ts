import { createRoute } from "@hono/zod-openapi"
import { describe, expect, test } from "vitest"
import { type ApiOptions, defineApi } from "../../../src/weir/api.ts"
import { route } from "../../../src/weir/http/route.ts"
import { resource } from "../../../src/weir/resource/define.ts"
import type { Resource } from "../../../src/weir/resource/resource.ts"
import { anyone, nobody } from "../../../src/weir/resource/rules.ts"
import { id, itself, references, rowHistory, table, text } from "../../../src/weir/schema.ts"

const notes = table("notes", { id: id(), code: text({ max: 9 }), parent_id: references(itself) })
const plain = table("plain", { code: text({ max: 9 }) })
const health = createRoute({ method: "get", path: "/x", responses: { 204: { description: "None" } } })
const api = (one: Resource, more: Partial<ApiOptions> = { history: rowHistory }) =>
  defineApi({ title: "Notes", version: "1", accounts: false, resources: [one], ...more })

describe("the option history is checked at load", () => {
  test("without the table of versions, one line says what to add", () => {
    expect(() => api(resource(notes, { history: true }), {})).toThrow(
      'notes: history needs its table: `export { rowHistory } from "#weir/schema"` in the schema, and defineApi({ history: rowHistory })',
    )
    expect(() => api(resource(notes, {}), {})).not.toThrow()
  })

  test("another table is refused", () => {
    expect(() => api(resource(notes, { history: true }), { history: plain })).toThrow(
      'defineApi: history must be the table rowHistory of "#weir/schema"',
    )
  })

  test("a table without a key has none", () => {
    expect(() => api(resource(plain, { history: true }))).toThrow(
      "plain: history needs a table with a primary key",
    )
  })

  test.each([0, -1, 1.5, Number.NaN, 36_501])("keep: %s is no number of days", (keep) => {
    expect(() => api(resource(notes, { history: { keep } }))).toThrow(
      "notes: history.keep must be a whole number of days, from 1 to 36500",
    )
    expect(() => api(resource(notes, { history: { keep: 90 } }))).not.toThrow()
  })

  test("what has the path of the versions is refused", () => {
    const own = route({ ...health, path: "/notes/{id}/history" }, (c) => c.body(null, 204))
    const options = { history: rowHistory, routes: [own] }
    expect(() => api(resource(notes, { history: true }), options)).toThrow(
      "GET /notes/{id}/history: is served already, by a resource or another route",
    )
    expect(() => api(resource(notes, {}), options)).not.toThrow()
    const log = resource(table("history", { id: id(), note_id: references(() => notes.id) }), {
      read: anyone,
    })
    const both = {
      history: rowHistory,
      resources: [resource(notes, { history: true, embed: { history: {} } }), log],
    }
    expect(() => api(log, both)).toThrow('notes: the relation "history" has the path of a row\'s versions')
  })

  test("false is none", () => {
    expect(api(resource(notes, { history: true })).resources[0]?.history).toEqual({ keep: undefined })
    expect(api(resource(notes, { history: false })).resources[0]?.history).toBeUndefined()
  })

  test("a row with versions keeps its key", () => {
    const named = table("named", { code: text({ max: 9 }).primaryKey() })
    const [kept] = api(resource(named, { history: true, create: anyone, update: anyone })).resources
    expect(kept?.fields.code?.write).toEqual({ create: anyone, update: nobody })
  })
})
