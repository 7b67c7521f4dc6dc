import { spawnSync } from "node:child_process"
import type { Locator, Page } from "playwright-core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { openPage, type Watched } from "../support/browser.ts"
import { authSecret } from "../support/http.ts"
import { accountsApi, type NodeServer, startNode, tempFolder } from "../support/node-server.ts"

let server: NodeServer
let docs: Watched
beforeAll(async () => {
  server = await startNode({ AUTH_SECRET: authSecret, LOG_LEVEL: "error" })
  docs = await openPage()
  await docs.page.goto(`${server.url}/docs`)
  await docs.page.locator(".opblock").first().waitFor()
})
afterAll(() => server.stop())

test("a reader who has signed in stays so: the page replaces the token before it ends", async () => {
  // Tokens of a minute are replaced before each request.
  const env = { AUTH_SECRET: authSecret, LOG_LEVEL: "error", ACCESS_TOKEN_MINUTES: 1 }
  const brief = await startNode(env, tempFolder(), accountsApi)
  try {
    const json = JSON.stringify({ email: "bob@example.com", username: "bob", password: "correct horse" })
    const headers = { "content-type": "application/json" }
    await fetch(`${brief.url}/people`, { method: "POST", headers, body: json })
    const { page, requests, errors } = await openPage()
    await page.goto(`${brief.url}/docs`)
    await page.locator(".auth-wrapper .authorize").first().click()
    const dialog = page.locator(".dialog-ux")
    await dialog.locator("#oauth_username").fill("bob")
    await dialog.locator("#oauth_password").fill("correct horse")
    await dialog.locator(".auth-btn-wrapper .authorize").first().click()
    await dialog.getByText("Logout").first().waitFor()
    await dialog.locator(".btn-done").first().click()
    const me = await opened(page, "get", "/people/me")
    for (let i = 0; i < 2; i++) {
      const answer = await executed(me)
      expect(answer.status, answer.body).toBe(200)
      expect(answer.body).toContain("bob@example.com")
    }
    expect(requests.filter((url) => url.endsWith("/auth/token")).length).toBeGreaterThanOrEqual(2)
    expect(errors).toEqual([])
  } finally {
    await brief.stop()
  }
})

const credentials = { email: "ann@example.com", username: "ann", password: "correct horse" }

/** Opens or closes an operation, as a reader does by a click on its line. */
async function opened(page: Page, method: string, path: string): Promise<Locator> {
  const block = page.locator(`.opblock-${method}`, { has: page.locator(`[data-path="${path}"]`) })
  await block.locator(".opblock-summary-control").first().click()
  return block
}

/** Executes an operation that is open: what the page shows as its answer. */
async function executed(block: Locator): Promise<{ status: number; body: string }> {
  await block.getByRole("button", { name: "Execute" }).click()
  const answer = block.locator(".live-responses-table .response").first()
  await answer.waitFor()
  const status = Number.parseInt((await answer.locator(".response-col_status").textContent()) ?? "", 10)
  return { status, body: (await answer.locator(".highlight-code").first().textContent()) ?? "" }
}

test("the page shows every operation, asks nobody but the server, and complains of nothing", async () => {
  const { page, requests, errors } = docs
  const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as { paths: object }
  const operations = Object.values(document.paths).flatMap((path) => Object.keys(path as object))
  expect(await page.locator(".opblock").count()).toBe(operations.length)
  expect(await page.title()).toBe("Weir")
  expect(requests.length).toBeGreaterThan(3)
  expect(requests.filter((url) => !url.startsWith(server.url) && !url.startsWith("data:"))).toEqual([])
  expect(errors).toEqual([])
})

test("a reader signs up, authorizes, creates an item, lists it, and reads themself", async () => {
  const { page, errors } = docs
  errors.length = 0
  const signUp = await opened(page, "post", "/users")
  await signUp.locator("textarea.body-param__text").fill(JSON.stringify(credentials))
  expect((await executed(signUp)).status).toBe(201)
  // Each open operation makes the page slower.
  await opened(page, "post", "/users")

  await page.locator(".auth-wrapper .authorize").first().click()
  const dialog = page.locator(".dialog-ux")
  await dialog.locator("#oauth_username").fill(credentials.username)
  await dialog.locator("#oauth_password").fill(credentials.password)
  await dialog.locator(".auth-btn-wrapper .authorize").click()
  await dialog.getByText("Logout").waitFor()
  await dialog.locator(".btn-done").click()

  const create = await opened(page, "post", "/items")
  await create.locator("textarea.body-param__text").fill('{ "title": "made in the docs", "price": 2.5 }')
  const created = await executed(create)
  expect(created.status, created.body).toBe(201)
  expect(created.body).toContain("made in the docs")

  const list = await executed(await opened(page, "get", "/items"))
  expect(list.status, list.body).toBe(200)
  expect(list.body).toContain("made in the docs")
  await opened(page, "get", "/items")

  const me = await executed(await opened(page, "get", "/users/me"))
  expect(me.status, me.body).toBe(200)
  expect(me.body).toContain(credentials.email)
  expect(errors).toEqual([])
})

test("what the page offers as an example can be sent as it is", async () => {
  const { page } = docs
  const create = page.locator(".opblock-post", { has: page.locator('[data-path="/items"]') })
  await create.getByRole("button", { name: "Reset" }).click()
  const answer = await executed(create)
  expect(answer.status, answer.body).toBe(201)
})

test("the token is gone with the page: nothing of it stays in the browser", async () => {
  const { page } = docs
  expect(await page.evaluate(() => localStorage.length)).toBe(0)
  // What an earlier version kept is removed.
  await page.evaluate(() => localStorage.setItem("authorized", "{}"))
  await page.goto(`${server.url}/docs/`)
  await page.locator(".opblock").first().waitFor()
  expect(await page.evaluate(() => localStorage.getItem("authorized"))).toBeNull()
  expect(await page.locator(".authorize.unlocked").count()).toBeGreaterThan(0)
})

test("the page at / shows itself, runs no script, and its commands work as they are", async () => {
  const { page, errors, requests } = await openPage()
  const response = await page.goto(server.url)
  expect(response?.headers()["content-type"]).toContain("text/html")
  expect(await page.title()).toBe("Weir")
  expect(errors).toEqual([])
  expect(requests.filter((url) => !url.startsWith(server.url))).toEqual([])
  const commands = (await page.locator("pre").textContent()) ?? ""
  const { stdout, status } = spawnSync("bash", [
    "-euo",
    "pipefail",
    "-c",
    commands.replaceAll("curl ", "curl -sf ").replaceAll("ann@", "eve@"),
  ])
  expect([status, `${stdout}`], `${stdout}`).toEqual([0, expect.stringContaining('"title":"example"')])
  expect(`${stdout}`.match(/"eve@example.com"/g)?.length).toBeGreaterThan(1)
  await page.getByRole("link", { name: "Documentation" }).click()
  await page.locator(".opblock").first().waitFor()
})

test("a wrong password in the dialog is told, and authorizes nobody", async () => {
  const other = await openPage()
  await other.page.goto(`${server.url}/docs`)
  await other.page.locator(".auth-wrapper .authorize").first().click()
  const dialog = other.page.locator(".dialog-ux")
  await dialog.locator("#oauth_username").fill("nobody")
  await dialog.locator("#oauth_password").fill("wrong password")
  await dialog.locator(".auth-btn-wrapper .authorize").click()
  await dialog.locator(".errors").first().waitFor()
  expect(await dialog.getByText("Logout").count()).toBe(0)
})
