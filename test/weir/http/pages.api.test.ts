// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { caller } from "../support/client.ts"
import { appOver, fixture } from "../support/fresh.ts"
import { type World, world } from "../support/world.ts"

let w: World
beforeEach(async () => {
  w = await world()
})
afterEach(() => w.close())

const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
const get = (path: string, accept?: string, method = "GET") =>
  w.call(method, path, accept === undefined ? {} : { headers: { accept } })
const policyOf = (headers: Headers) => headers.get("content-security-policy") ?? ""

describe("the page at /", () => {
  test("is HTML for browsers, and JSON with links for programs", async () => {
    for (const accept of [browser, "text/html", "text/*", "text/html;q=0.5, application/json;q=0.5"]) {
      const { status, headers, text } = await get("/", accept)
      expect([status, headers.get("content-type")], accept).toEqual([200, "text/html; charset=utf-8"])
      expect(headers.get("vary")).toContain("Accept")
      expect(text).toContain("<h1>")
    }
    for (const accept of [
      undefined,
      "*/*",
      "application/json",
      "text/html;q=0, */*",
      "text/html;q=0.1, application/json",
    ]) {
      const { status, headers, body } = await get("/", accept)
      expect([status, headers.get("content-type")], accept).toEqual([200, "application/json"])
      expect(body).toMatchObject({
        title: fixture.api.title,
        links: { openapi: "openapi.json", docs: "docs" },
      })
    }
    expect((await get("/", "image/png")).status).toBe(406)
  })

  test("has links that lead somewhere, all of them relative", async () => {
    const { text, headers } = await get("/", browser)
    const { body } = await get("/")
    const { links, resources } = body as Record<string, Record<string, string>>
    const { token, ...readable } = { ...links, ...resources }
    expect(token).toBe("auth/token")
    const hrefs = [...text.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, to]) => to as string)
    const related = [...(headers.get("link") ?? "").matchAll(/<([^>]*)>/g)].map(([, to]) => to as string)
    const all = [...hrefs, ...related, ...Object.values(readable)]
    expect(all.length).toBeGreaterThan(10)
    for (const to of new Set(all)) {
      expect(to).not.toMatch(/^\/|^\w+:/)
      expect((await w.call("GET", `/${to}`, { token: w.root.token })).status, to).toBe(200)
    }
  })

  test("answers HEAD, holds an ETag of each form, and forbids scripts", async () => {
    const [page, data] = [await get("/", browser), await get("/")]
    expect(page.headers.get("etag")).not.toBe(data.headers.get("etag"))
    for (const [accept, { headers }] of [
      [browser, page],
      ["*/*", data],
    ] as const) {
      const etag = headers.get("etag") as string
      const head = await get("/", accept, "HEAD")
      expect([head.status, head.text, head.headers.get("etag")]).toEqual([200, "", etag])
      const held = await w.call("GET", "/", { headers: { accept, "if-none-match": etag } })
      expect([held.status, held.text]).toEqual([304, ""])
    }
    expect(policyOf(page.headers)).toMatch(/^default-src 'none'; style-src 'sha256-/)
    expect(policyOf(page.headers)).not.toContain("script-src")
    expect(page.text).not.toContain("<script")
    expect((await w.call("POST", "/", { json: {} })).headers.get("allow")).toBe("GET, HEAD")
  })

  test("escapes what it shows: title, description, host and examples", async () => {
    const api = { ...fixture.api, title: `<script>alert("1")</script>`, description: "a & b <i>" }
    const ask = caller(appOver(w.database, { subject: { ...fixture, api } }).app)
    for (const path of ["/", "/docs"]) {
      const { text } = await ask("GET", path, { headers: { accept: browser } })
      expect(text).not.toMatch(/<script>|<i>/)
      expect(text).toContain("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;")
    }
  })

  test("of an API without accounts tells only how to read", async () => {
    const api = { ...fixture.api, accounts: undefined }
    const ask = caller(appOver(w.database, { subject: { ...fixture, api } }).app)
    const { text } = await ask("GET", "/", { headers: { accept: browser } })
    expect(text).toContain("# Read")
    expect(text).not.toContain("auth/token")
  })
})

describe("the page at /docs", () => {
  test("has no inline script, under a policy that allows none", async () => {
    const { text, headers } = await get("/docs", browser)
    for (const [, attributes, content] of text.matchAll(/<script([^>]*)>([^<]*)/g)) {
      expect(attributes).toMatch(/ src="/)
      expect(content).toBe("")
    }
    expect(text).not.toMatch(/\son\w+=|<style|style=/)
    expect(policyOf(headers)).toContain("script-src 'self';")
    expect(policyOf(headers)).not.toContain("unsafe")
    const { headers: init } = await get("/docs/init.js")
    expect(init.get("content-type")).toBe("text/javascript; charset=utf-8")
  })

  test("has relative links, one level up where its own path ends in a slash", async () => {
    for (const [path, up] of [
      ["/docs", ""],
      ["/docs/", "../"],
    ] as const) {
      const { text } = await get(path, browser)
      const links = [...text.matchAll(/(?:href|src|data-url)="([^"]*)"/g)].map(([, to]) => to)
      expect(links).toEqual(
        [
          "swagger-ui-dist/swagger-ui.css",
          "openapi.json",
          "swagger-ui-dist/swagger-ui-bundle.js",
          "docs/init.js",
        ].map((to) => up + to),
      )
    }
  })

  test("keeps a token only where the API asks for it", async () => {
    expect((await get("/docs")).text).toContain('data-persist="false"')
    const api = { ...fixture.api, persistAuthorization: true }
    const ask = caller(appOver(w.database, { subject: { ...fixture, api } }).app)
    expect((await ask("GET", "/docs")).text).toContain('data-persist="true"')
  })
})
