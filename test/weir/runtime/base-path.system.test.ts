import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { openPage } from "../support/browser.ts"
import { authSecret, httpCaller, signUp } from "../support/http.ts"
import { serveBelow } from "../support/http-proxy.ts"
import { type NodeServer, runNode, startNode, tempFolder } from "../support/node-server.ts"
import { migrateD1, startWrangler } from "../support/wrangler-server.ts"

const base = "/api/v1"
const env = { AUTH_SECRET: authSecret, BASE_PATH: base, METRICS: "all" }

let server: NodeServer
beforeAll(async () => {
  server = await startNode(env)
})
afterAll(() => server.stop())

/** Follows what the API links to, below `origin`, as clients do: links are resolved against the request's own URL. */
async function linksHold(origin: string, user: string): Promise<void> {
  const call = httpCaller(`${origin}${base}`)
  const at = httpCaller(origin)
  const token = await signUp(call, user)
  const made = await call("POST", "/items", { token, json: { title: "one", price: 1 } })
  const location = made.headers.get("location") ?? ""
  expect(location).toMatch(/^\/api\/v1\/items\/\d+$/)
  expect((await at("GET", location)).body).toEqual(made.body)
  const many = await call("POST", "/items", { token, json: [2, 3].map((price) => ({ title: "x", price })) })
  expect(many.headers.get("location")).toBe("/api/v1/items")
  const nested = await call("POST", "/users/1/items", { token, json: { title: "nested", price: 1 } })
  if (nested.status === 201) expect(nested.headers.get("location")).toMatch(/^\/api\/v1\/items\/\d+$/)

  for (const path of ["/items?limit=1&sort=-price", "/items/?limit=1", "/users/1/items?limit=1"]) {
    const first = await call("GET", path)
    expect(first.status, path).toBe(200)
    for (const link of [first.links.first, first.links.next] as string[]) {
      expect(link).toMatch(/^\/api\/v1\/(users\/1\/)?items\?/)
      expect((await at("GET", link)).status, link).toBe(200)
    }
    // From memory, too.
    expect((await call("GET", path)).links).toEqual(first.links)
  }
  const document = (await call("GET", "/openapi.json")).body as {
    servers: object
    paths: object
    components: { securitySchemes: { password: { flows: { password: object } } } }
  }
  expect(document.servers).toEqual([{ url: base }])
  expect(document.components.securitySchemes.password.flows.password).toMatchObject({
    tokenUrl: `${base}/auth/token`,
  })
  expect(Object.keys(document.paths)).toContain("/items")

  for (const page of ["/docs", "/docs/"]) {
    const { text, status } = await call("GET", page)
    expect(status).toBe(200)
    const assets = [...text.matchAll(/(?:href|src|data-url)="([^"]+)"|url: '([^']+)'/g)]
    expect(assets.length).toBeGreaterThanOrEqual(3)
    for (const [, one, other] of assets) {
      const asset = new URL(one ?? other ?? "", `${origin}${base}${page}`)
      expect((await fetch(asset)).status, asset.href).toBe(200)
    }
  }
  // As everywhere: 404, 405, and HEAD.
  expect((await call("GET", "/nowhere")).body).toMatchObject({ code: "not_found" })
  expect((await call("PUT", "/items")).headers.get("allow")).toBe("GET, HEAD, POST, QUERY")
  expect((await call("HEAD", "/items?limit=1")).links.next).toMatch(/^\/api\/v1\/items\?/)
  expect((await call("GET", "/swagger-ui-dist/nope.js")).body).toMatchObject({ code: "not_found" })
}

describe.each([
  ["strips it", true],
  ["does not strip it", false],
])("BASE_PATH, with a proxy that %s", (_, strips) => {
  test("links, locations, documents and assets hold", async () => {
    await linksHold(await serveBelow(base, server.url, strips), `ann-${strips}`)
  })

  test("a reader of the docs signs up, authorizes, and reads themself", async () => {
    const origin = await serveBelow(base, server.url, strips)
    const { page, requests, errors } = await openPage()
    const user = `eve-${strips}`
    await httpCaller(`${origin}${base}`)("POST", "/users", {
      json: { email: `${user}@example.com`, username: user, password: "correct horse" },
    })
    await page.goto(`${origin}${base}/docs`)
    await page.locator(".opblock").first().waitFor()
    await page.locator(".auth-wrapper .authorize").first().click()
    const dialog = page.locator(".dialog-ux")
    await dialog.locator("#oauth_username").fill(user)
    await dialog.locator("#oauth_password").fill("correct horse")
    await dialog.locator(".auth-btn-wrapper .authorize").click()
    await dialog.getByText("Logout").waitFor()
    await dialog.locator(".btn-done").click()
    const block = page.locator(".opblock-get", { has: page.locator('[data-path="/users/me"]') })
    await block.locator(".opblock-summary-control").first().click()
    await block.getByRole("button", { name: "Execute" }).click()
    const answer = block.locator(".live-responses-table .response").first()
    await answer.waitFor()
    expect(await answer.locator(".response-col_status").textContent()).toContain("200")
    expect(await answer.locator(".highlight-code").first().textContent()).toContain(user)
    const elsewhere = requests.filter(
      (url) => !url.startsWith(`${origin}${base}/`) && !url.startsWith("data:"),
    )
    // Browsers ask for it at the root.
    expect(elsewhere.filter((url) => !url.endsWith("/favicon.ico"))).toEqual([])
    expect(errors.filter((error) => !error.includes("/favicon.ico"))).toEqual([])
  })
})

test("paths have the prefix once; what only begins like it is another path", async () => {
  const call = httpCaller(server.url)
  const status = async (path: string) => (await call("GET", path)).status
  expect(await status("/items")).toBe(200)
  expect(await status("/api/v1/items")).toBe(200)
  expect(await status("/api/v1/health")).toBe(200)
  for (const path of [
    "/api/v1/api/v1/items",
    "/api/v1items",
    "/api/v10/items",
    "/api/items",
    "/API/v1/items",
  ])
    expect(await status(path), path).toBe(404)
  // The start names the address with it, and the log and the metrics have the paths of the API.
  expect(
    server.logs().some(({ msg }) => String(msg).includes("/api/v1, its documentation at /api/v1/docs")),
  ).toBe(true)
  expect((await call("GET", "/api/v1/metrics")).text).toContain('route="/items",method="GET",status="200"')
})

test.each([
  ["api", /BASE_PATH: must be a path such as \/api\/v1/],
  ["/api/", /BASE_PATH: must be a path/],
  ["/", /BASE_PATH: must be a path/],
  ["/a//b", /BASE_PATH: must be a path/],
  ["/a/../b", /BASE_PATH: must be a path/],
  ["/a b", /BASE_PATH: must be a path/],
  ["https://example.com/api", /BASE_PATH: must be a path/],
  ["/items", /BASE_PATH: the API itself serves \/items.* \/api\/items/],
  ["/docs/v1", /BASE_PATH: the API itself serves \/docs/],
])("BASE_PATH=%s ends the start with a line that says why", async (BASE_PATH, line) => {
  const { code, stderr } = await runNode({ ...env, BASE_PATH, PORT: 0, DATABASE_URL: "file:x.db" })
  expect(stderr).toMatch(line)
  expect(stderr.trim().split("\n")).toHaveLength(1)
  expect(code).toBe(1)
})

test("on Workers, links, locations, documents and assets hold", async () => {
  const folder = tempFolder()
  await migrateD1(folder)
  const vars = { NODE_ENV: "development", AUTH_SECRET: authSecret, BASE_PATH: base }
  const worker = await startWrangler(folder, vars)
  await linksHold(worker.url, "ann")
  await linksHold(await serveBelow(base, worker.url, true), "bob")
  await worker.stop()
})
