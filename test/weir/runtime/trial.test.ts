import { expect, test } from "vitest"
import { defineApi } from "../../../src/weir/api.ts"
import { resource } from "../../../src/weir/resource/define.ts"
import { admin, all, any, anyone, not, openToAnyone } from "../../../src/weir/resource/rules.ts"
import { through } from "../../../src/weir/resource/words.ts"
import { trialResources } from "../../../src/weir/runtime/services.ts"
import { parseEnv } from "../../../src/weir/runtime/settings.ts"
import { id, references, table, text, timestamp } from "../../../src/weir/schema.ts"

const things = table("things", { id: id(), note: text({ max: 9 }), gone: timestamp() })
const others = table("others", { id: id(), thing_id: references(() => things.id) })
const apiWith = (options: Parameters<typeof resource<typeof things>>[1]) =>
  defineApi({
    title: "Trial",
    version: "1",
    accounts: false,
    schema: { others },
    resources: [resource(things, options)],
  })

const production = parseEnv({ NODE_ENV: "production" })

const trials: [string, Parameters<typeof apiWith>[0]][] = [
  ["a rule of the rows", { read: openToAnyone }],
  ["the rule of an updated row", { read: anyone, update: admin, updatedRow: openToAnyone }],
  ["a part of any", { read: anyone, delete: any(admin, openToAnyone) }],
  ["a part of a part", { read: all(anyone, any(openToAnyone)) }],
  ["what not turns around", { read: not(openToAnyone) }],
  ["the end of a path", { read: through("others", openToAnyone) }],
  [
    "a restore, and rows that are hidden when deleted",
    { read: anyone, softDelete: "gone", restore: openToAnyone },
  ],
  ["a read of rows that are hidden when deleted", { read: openToAnyone, softDelete: "gone" }],
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
