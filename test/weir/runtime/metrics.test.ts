import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { openMetrics } from "../../../src/weir/runtime/metrics.ts"

const docs = join(import.meta.dirname, "../../../docs")

test("the dashboard and the manual name metrics that there are", async () => {
  const metrics = openMetrics({
    pool: () => ({ open: 3, busy: 2, waiting: 1 }),
    readers: () => ({ running: 1, waiting: 5 }),
    hashes: () => ({ running: 2, waiting: 7 }),
  })
  const text = await metrics.text()
  expect(text).toContain("weir_postgres_connections 3\n")
  expect(text).toContain("weir_hashes_waiting 7\n")
  expect(text).toContain("weir_readers_waiting 5\n")
  const there = new Set([...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name))
  for (const file of ["grafana.json", "metrics.md"]) {
    const named = readFileSync(join(docs, file), "utf8").match(/\b(weir|nodejs|process)_\w+/g) ?? []
    expect(named.length).toBeGreaterThan(10)
    for (const name of named) expect(there, `${file}: ${name}`).toContain(name.replace(/_bucket$/, ""))
  }
})
