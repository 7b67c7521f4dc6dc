import { existsSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { number, refused } from "../support/ask.ts"
import { authSecret, httpCaller, signUp } from "../support/http.ts"
import { runCommand, runMigrate, runNode, startNode, tempFolder } from "../support/node-server.ts"
import { freePort } from "../support/ports.ts"

test("file:…?mode=ro reads what another process writes; its own writes are a 503 that says why", async () => {
  const plain = `file:${join(tempFolder(), "data.db")}`
  const writer = await startNode({ DATABASE_URL: plain, AUTH_SECRET: authSecret })
  const write = httpCaller(writer.url)
  const token = await signUp(write)
  const reader = await startNode({ DATABASE_URL: `${plain}?mode=ro`, AUTH_SECRET: authSecret })
  const read = httpCaller(reader.url)
  const created = await write("POST", "/items", { token, json: { title: "one", price: 1 } })
  expect(created.status).toBe(201)
  expect((await read("GET", "/items")).body).toMatchObject([{ title: "one" }])
  expect((await read("GET", "/items?title[contains]=on&sort=-price&include=owner")).body).toHaveLength(1)
  expect((await read("GET", "/users/me", { token })).status).toBe(200)

  const { id } = created.body as { id: number }
  for (const [method, path, json] of [
    ["POST", "/items", { title: "two", price: 2 }],
    ["POST", "/items", [{ title: "two", price: 2 }]],
    ["PATCH", `/items/${id}`, { price: 3 }],
    ["DELETE", `/items/${id}`, undefined],
  ] as const) {
    const answer = await read(method, path, { token, ...(json ? { json } : {}) })
    expect(answer.status, answer.text).toBe(503)
    expect(answer.body).toMatchObject({ code: "read_only" })
  }
  expect((await write("POST", "/items", { token, json: { title: "two", price: 2 } })).status).toBe(201)
  expect((await read("GET", "/items?count=exact")).headers.get("x-total-count") ?? "2").toBe("2")
  expect(await reader.stop()).toBe(0)
  expect(await writer.stop()).toBe(0)
  expect(await number(plain, "select count(*) from items")).toBe(2)

  const exported = await runCommand({ DATABASE_URL: `${plain}?mode=ro` }, "export", "items")
  expect(exported.stdout.trim().split("\n")).toHaveLength(2)
  const seeded = await runCommand({ DATABASE_URL: `${plain}?mode=ro` }, "rollback", "--force")
  expect(refused(seeded)).toContain("mode=ro")
})

test("one that lacks migrations, or is not there, ends the start, and is not made", async () => {
  const path = join(tempFolder(), "data.db")
  for (const mode of ["ro", "rw"]) {
    const { code, stderr } = await runNode({
      DATABASE_URL: `file:${path}?mode=${mode}`,
      PORT: await freePort(),
    })
    expect(stderr).toMatch(/DATABASE_URL: cannot open .*data\.db: there is no such file/)
    expect(code).toBe(1)
    expect(existsSync(path)).toBe(false)
  }
  expect((await runMigrate({ DATABASE_URL: `file:${path}` })).stderr).toBe("")
  expect((await runCommand({ DATABASE_URL: `file:${path}` }, "rollback", "--force")).stderr).toBe("")
  const { code, stderr } = await runNode({ DATABASE_URL: `file:${path}?mode=ro`, PORT: await freePort() })
  expect(stderr).toContain("lacks 1 migration(s)")
  expect(code).toBe(1)
})
