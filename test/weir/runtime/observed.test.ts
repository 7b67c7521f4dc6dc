import { expect, test } from "vitest"
import type { Database } from "../../../src/weir/db/driver.ts"
import { withMetrics } from "../../../src/weir/runtime/observed.ts"
import { parseEnv } from "../../../src/weir/runtime/settings.ts"
import { api } from "../fixture/src/api.ts"

const database = {} as Database
const hashes = () => ({ running: 0, waiting: 0 })

test("metrics that are off leave the database as it is", async () => {
  const observed = await withMetrics(parseEnv({}), api, database, hashes)
  expect(observed.metrics).toBeUndefined()
  expect(observed.database).toBe(database)
})

test("metrics that the API leaves no room for are refused", async () => {
  const settings = (METRICS: string) => parseEnv({ METRICS })
  await expect(
    withMetrics(settings("admins"), { ...api, accounts: undefined }, database, hashes),
  ).rejects.toThrow(/^METRICS: admins/)
  const [first] = api.resources
  const taken = { ...api, resources: [{ ...first, name: "metrics" } as typeof first & object] }
  await expect(withMetrics(settings("all"), taken, database, hashes)).rejects.toThrow(/^METRICS: .*\/metrics/)
  expect(() => settings("some")).toThrow("METRICS: must be off, admins or all")
})
