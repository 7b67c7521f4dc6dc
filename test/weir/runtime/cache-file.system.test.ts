import { existsSync, renameSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { authSecret, httpCaller, signUp } from "../support/http.ts"
import { startNode, tempFolder } from "../support/node-server.ts"
import { project } from "../support/project.ts"

/** The default: a file, and its answers in the memory of each process that serves it. */
const env = (folder: string) => ({
  DATABASE_URL: `file:${join(folder, "data.db")}`,
  AUTH_SECRET: authSecret,
})

test("two processes on one file see each other's writes with the next request, and a command's too", async () => {
  const folder = tempFolder()
  const servers = [await startNode(env(folder)), await startNode(env(folder))]
  const [one, two] = servers.map(({ url }) => httpCaller(url)) as [
    ReturnType<typeof httpCaller>,
    ReturnType<typeof httpCaller>,
  ]
  const token = await signUp(one)
  const made = await one("POST", "/items", { token, json: { title: "first", price: 1 } })
  expect(made.status).toBe(201)
  for (const path of ["/items/1", "/items"]) {
    await two("GET", path)
    expect((await two("GET", path)).headers.get("cache-status"), path).toMatch(/^Weir; hit/)
  }
  for (let price = 2; price < 60; price++) {
    const [writer, reader] = price % 2 ? [one, two] : [two, one]
    expect((await writer("PATCH", "/items/1", { token, json: { price } })).status).toBe(200)
    expect((await reader("GET", "/items/1")).body).toMatchObject({ price })
    expect((await reader("GET", "/items")).body).toMatchObject([{ price }])
    expect((await reader("GET", "/items/1")).headers.get("cache-status")).toMatch(/^Weir; hit/)
  }
  const copy = project()
  copy.write("rows.ndjson", '{"title":"imported","price":3,"owner_id":1}\n')
  const { code, stderr } = await copy.db(
    env(folder).DATABASE_URL,
    "import",
    "items",
    join(copy.folder, "rows.ndjson"),
  )
  expect(stderr).toBe("")
  expect(code).toBe(0)
  for (const call of [one, two]) expect((await call("GET", "/items?title=imported")).body).toHaveLength(1)
  for (const call of [one, two]) expect((await call("GET", "/items")).body).toHaveLength(2)
  for (const server of servers) expect(await server.stop()).toBe(0)
})

test("a file by a symbolic link, with what a crash has left beside the link, is no different", async () => {
  const [folder, beside] = [tempFolder(), tempFolder()]
  const link = join(beside, "data.db")
  const first = await startNode({ ...env(folder), DATABASE_URL: `file:${link}` })
  const token = await signUp(httpCaller(first.url))
  await httpCaller(first.url)("POST", "/items", { token, json: { title: "first", price: 1 } })
  await first.stop("SIGKILL")
  renameSync(link, join(folder, "data.db"))
  renameSync(`${link}-wal`, join(folder, "data.db-wal"))
  symlinkSync(join(folder, "data.db"), link)
  expect(existsSync(`${link}-shm`)).toBe(true)
  const servers = [
    await startNode({ ...env(folder), DATABASE_URL: `file:${link}` }),
    await startNode({ ...env(folder), DATABASE_URL: `file:${link}` }),
  ]
  const [one, two] = servers.map(({ url }) => httpCaller(url)) as [
    ReturnType<typeof httpCaller>,
    ReturnType<typeof httpCaller>,
  ]
  for (let price = 2; price < 12; price++) {
    await two("GET", "/items/1")
    expect((await one("PATCH", "/items/1", { token, json: { price } })).status).toBe(200)
    expect((await two("GET", "/items/1")).body).toMatchObject({ price })
  }
  for (const server of servers) expect(await server.stop()).toBe(0)
})

test("CACHE=off keeps nothing, and says so", async () => {
  const folder = tempFolder()
  const server = await startNode({ ...env(folder), CACHE: "off" })
  const call = httpCaller(server.url)
  for (let n = 0; n < 2; n++)
    expect((await call("GET", "/items")).headers.get("cache-status")).toBe("Weir; fwd=bypass; detail=off")
  expect((await call("GET", "/items")).headers.get("etag")).toMatch(/^"/)
  expect(await server.stop()).toBe(0)
})
