import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"

const root = join(import.meta.dirname, "../../..")

test("the Worker's zod has what zod has, but for locales and what makes JSON Schema", async () => {
  const zod = await import("zod")
  const ours = await import(join(root, "scripts/worker-zod/index.js"))
  const left = ["core", "fromJSONSchema", "locales", "memoizer", "toJSONSchema"]
  expect(Object.keys(zod).filter((name) => !(name in ours))).toEqual(left)
})

test("the Worker's zod has every part of zod that the engine uses", async () => {
  const { z } = (await import(join(root, "scripts/worker-zod/index.js"))) as { z: object }
  const engine = join(root, "src/weir")
  const used = readdirSync(engine, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => [...readFileSync(join(engine, file), "utf8").matchAll(/(?<![\w.])z\.([a-z]\w*)\(/g)])
    .map(([, name]) => name as string)
  expect(used.length).toBeGreaterThan(50)
  expect([...new Set(used)].filter((name) => !(name in z))).toEqual([])
})
