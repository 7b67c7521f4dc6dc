import { expect, test } from "vitest"
import { defineApi } from "../../../src/weir/api.ts"
import { resource } from "../../../src/weir/resource/define.ts"
import { admin, all, any, anyone, openToAnyone } from "../../../src/weir/resource/rules.ts"
import { trialResources } from "../../../src/weir/runtime/services.ts"
import { parseEnv } from "../../../src/weir/runtime/settings.ts"
import { id, table, text } from "../../../src/weir/schema.ts"

const things = table("things", { id: id(), note: text({ max: 9 }) })
const apiWith = (options: Parameters<typeof resource<typeof things>>[1]) =>
  defineApi({ title: "Trial", version: "1", accounts: false, resources: [resource(things, options)] })

const production = parseEnv({ NODE_ENV: "production" })

const trials: [string, Parameters<typeof apiWith>[0]][] = [
  ["a rule of the rows", { read: openToAnyone }],
  ["the rule of an updated row", { read: anyone, update: admin, updatedRow: openToAnyone }],
  ["a part of any", { read: anyone, delete: any(admin, openToAnyone) }],
  ["a part of a part", { read: all(anyone, any(openToAnyone)) }],
  ["a rule of a field", { read: anyone, fields: { note: { read: openToAnyone } } }],
  ["a rule for writing a field", { read: anyone, create: admin, fields: { note: { create: openToAnyone } } }],
]

test.each(trials)("openToAnyone keeps production from starting: %s", (_where, options) => {
  const api = apiWith(options)
  expect(trialResources(parseEnv({}), api)).toEqual(["things"])
  expect(() => trialResources(production, api)).toThrow(
    "NODE_ENV: production does not start while openToAnyone is a rule of things",
  )
})

test("rules that are open for good do not", () => {
  expect(trialResources(production, apiWith({ read: anyone, create: any(anyone, admin) }))).toEqual([])
})
