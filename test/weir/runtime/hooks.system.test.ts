import { existsSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { eventually, httpCaller, signUp } from "../support/http.ts"
import { databases, project } from "../support/project.ts"

/** Hooks that wait for a file, or for ever, and then write by themselves. */
const hooks = `
    after: {
      create: async ({ row, db }) => {
        await writeFile("begun " + row.title, "")
        if (row.title === "never") await new Promise(() => {})
        while (!existsSync("go")) await new Promise((resolve) => setTimeout(resolve, 20))
        await db.update(items.items).set({ description: "indexed" }).where(eq(items.items.id, row.id))
      },
    },`

function hooked() {
  const copy = project()
  copy.edit(
    "src/resources.ts",
    'import * as items from "./schema/items.ts"',
    'import { existsSync } from "node:fs"\nimport { writeFile } from "node:fs/promises"\nimport { eq } from "drizzle-orm"\nimport * as items from "./schema/items.ts"',
  )
  copy.edit("src/resources.ts", "embed: { owner: {} },", `embed: { owner: {} },${hooks}`)
  return copy
}

const isThere = (folder: string, name: string) => () => expect(existsSync(join(folder, name))).toBe(true)
const isRefusing = (address: string) => () => expect(fetch(`${address}/health`)).rejects.toThrow()

test.concurrent.each([
  ["libSQL file", {}],
  ["Postgres", { WORKERS: "2", AUTH_SECRET: "a secret for tests, of forty bytes or so" }],
] as const)("SIGTERM: what runs after a write is waited for, on %s", async (kind, env) => {
  const copy = hooked()
  const url = await databases[kind]()
  expect((await copy.db(url, "migrate")).stderr).toBe("")
  const server = await copy.serve(url, env)
  const call = httpCaller(server.address)
  const token = await signUp(call)
  const made = await call("POST", "/items", { token, json: { title: "Lamp", price: 1 } })
  expect(made.status, made.text).toBe(201)
  await eventually(isThere(copy.folder, "begun Lamp"))
  server.child.kill("SIGTERM")
  await eventually(isRefusing(server.address))
  copy.write("go", "")
  const { code, stdout } = await server.ended
  expect(code, stdout).toBe(0)
  expect(stdout).not.toMatch(/"level":"(warn|error)"[^\n]*hook/)
  const next = await copy.serve(url, env)
  const { body } = await httpCaller(next.address)("GET", "/items/1")
  expect(body).toMatchObject({ title: "Lamp", description: "indexed" })
  next.child.kill("SIGTERM")
  expect((await next.ended).code).toBe(0)
})

test.concurrent("SIGTERM: a hook that never ends is given up at the limit of 10 s, and others end", async () => {
  const copy = hooked()
  const url = await databases["libSQL file"]()
  const server = await copy.serve(url)
  const call = httpCaller(server.address)
  const token = await signUp(call)
  for (const title of ["never", "Lamp"])
    expect((await call("POST", "/items", { token, json: { title, price: 1 } })).status).toBe(201)
  await eventually(isThere(copy.folder, "begun Lamp"))
  const asked = performance.now()
  server.child.kill("SIGTERM")
  copy.write("go", "")
  const { code, stdout } = await server.ended
  expect(code).toBe(0)
  expect(performance.now() - asked).toBeGreaterThan(9_000)
  expect(stdout).toMatch(/"level":"warn","msg":"The process ends while the hooks after 1 writes still run"/)
  const next = await copy.serve(url)
  const { body } = await httpCaller(next.address)("GET", "/items?fields=title,description&sort=id")
  expect(body).toEqual([
    { title: "never", description: null },
    { title: "Lamp", description: "indexed" },
  ])
  next.child.kill("SIGTERM")
  await next.ended
})
