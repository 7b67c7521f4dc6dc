import { createHash } from "node:crypto"
import type { Hono } from "hono"
import { html, raw } from "hono/html"
import { prefersHtml, requireJsonAccepted } from "../http/accept.ts"
import { replyRead } from "../http/conditional.ts"
import type { AppContext, AppEnv } from "../http/context.ts"
import { replyText } from "../http/docs.ts"
import { isDoubleSlash } from "../http/not-found.ts"
import { etagOf } from "../lib/etag.ts"
import type { Accounts } from "../resource/accounts.ts"
import type { Resource } from "../resource/resource.ts"
import { isOpen } from "../resource/rules.ts"
import { curlLines } from "./home-curl.ts"

/** What the page at `/` tells of an API. */
export interface HomeOptions {
  title: string
  version: string
  description: string | undefined
  accounts: Accounts | undefined
  resources: readonly Resource[]
}

/** RFC 8631 has the relations. */
const linksAt = (root: string): string =>
  `<${root}openapi.json>; rel="service-desc"; type="application/json", <${root}docs>; rel="service-doc"; type="text/html", <${root}ready>; rel="status"; type="application/json"`

/** What links begin with: relative ones hold below any prefix that a proxy strips. */
function rootOf(c: AppContext): string {
  const basePath = c.get("basePath")
  return basePath ? `${basePath}/` : ""
}

const style = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff }
h1 small { font-weight: normal; font-size: 1rem; color: #555 }
pre { background: #f3f3f3; padding: 1rem; overflow-x: auto }
a { color: #0645ad }
`

let policy: string | undefined
const policyOf = (): string => {
  const hash = createHash("sha256").update(style).digest("base64")
  return `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
}

/** `GET /`: a small page for people, and links for programs, by `Accept`. */
export function home(app: Hono<AppEnv>, options: HomeOptions): void {
  app.get("/", (c) => {
    if (isDoubleSlash(c)) return c.notFound()
    const headers = c.get("headers")
    headers.vary = headers.vary === undefined ? "Accept" : `${headers.vary}, Accept`
    headers.link = linksAt(rootOf(c))
    if (!prefersHtml(c)) return replyLinks(c, options)
    policy ??= policyOf()
    return replyText(c, "text/html", `${pageOf(options, addressOf(c), rootOf(c))}`, policy)
  })
}

const listed = ({ resources, accounts }: HomeOptions): string[] =>
  resources
    .filter(({ rules }) => isOpen(rules.read, "anonymous") || (accounts && isOpen(rules.read, "admin")))
    .map(({ name }) => name)

function replyLinks(c: AppContext, options: HomeOptions): Response {
  requireJsonAccepted(c)
  const { title, version, description, accounts } = options
  const root = rootOf(c)
  const own = {
    openapi: `${root}openapi.json`,
    docs: `${root}docs`,
    health: `${root}health`,
    ready: `${root}ready`,
  }
  const body = JSON.stringify({
    title,
    version,
    ...(description === undefined ? {} : { description }),
    links: { ...own, ...(accounts ? { token: `${root}auth/token` } : {}) },
    resources: Object.fromEntries(listed(options).map((name) => [name, `${root}${name}`])),
  })
  return replyRead(c, { body, headers: {}, etag: etagOf({ body, headers: {} }) })
}

/** The server's address as the request has it. Behind a proxy it may be another: the page says so. */
function addressOf(c: AppContext): string {
  const { protocol, host } = new URL(c.req.url)
  // A host may hold what a shell would run.
  return /^[\w.:[\]-]+$/.test(host) ? `${protocol}//${host}${c.get("basePath")}` : "https://api.example.com"
}

const pageOf = (options: HomeOptions, address: string, root: string) =>
  html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${options.title}</title>
    <style>${raw(style)}</style>
  </head>
  <body>
    <h1>${options.title} <small>${options.version}</small></h1>
    ${options.description === undefined ? "" : html`<p>${options.description}</p>`}
    <ul>
      <li><a href="${root}docs">Documentation</a>, to read and to try</li>
      <li><a href="${root}openapi.json">OpenAPI document</a>, for tools and typed clients</li>
      ${listed(options).map((name) => html`<li><a href="${root}${name}">${name}</a></li>`)}
    </ul>
    <h2>With curl</h2>
    <pre>${["# This page's address, without a slash at its end", `URL=${address}`, ...curlLines(options)].join("\n")}</pre>
  </body>
</html>
`
