import type { Hono } from "hono"
import { html } from "hono/html"
import { etagOf } from "../lib/etag.ts"
import { replyRead } from "./conditional.ts"
import type { AppContext, AppEnv } from "./context.ts"
import type { Registry } from "./registry.ts"
import { reply } from "./reply.ts"

/** Swagger UI sets styles by script, which a policy allows, and shows images of its own as `data:`. */
const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

export interface DocsOptions {
  title: string
  /** Whether the page keeps the reader's token in the browser after it is closed. */
  persistAuthorization: boolean
}

/** Starts Swagger UI. A file of its own, since the policy forbids scripts in the page. */
const script = `const root = document.getElementById("swagger-ui")
const persistAuthorization = root.dataset.persist === "true"
if (!persistAuthorization) localStorage.removeItem("authorized")
// The session of who has signed in here: its token is replaced before it ends.
let session
const keep = (url, body, now = Date.now()) => {
  const before = session
  session = { url, ...body, until: now + body.expires_in * 1000, first: before?.url === url ? before.first : undefined }
  session.first ??= body.access_token
}
async function refresh() {
  const body = new URLSearchParams({ grant_type: "refresh_token", refresh_token: session.refresh_token })
  const answer = await fetch(session.url, { method: "POST", body })
  if (answer.ok) keep(session.url, await answer.json())
}
async function requestInterceptor(request) {
  if (!session || request.headers.Authorization !== "Bearer " + session.first) return request
  if (session.until - Date.now() < 60000) await refresh()
  request.headers.Authorization = "Bearer " + session.access_token
  return request
}
function responseInterceptor(response) {
  const { url, obj } = response
  if (obj?.refresh_token && /\\/auth\\/token$/.test(url)) {
    session = undefined
    keep(url, obj)
  }
  return response
}
SwaggerUIBundle({ domNode: root, url: root.dataset.url, persistAuthorization, tryItOutEnabled: true, requestInterceptor, responseInterceptor })
`

/** Answers with a text that is no JSON, and its validator. */
export function replyText(c: AppContext, type: string, body: string, policy?: string): Response {
  if (policy) c.get("headers")["content-security-policy"] = policy
  const headers = { "content-type": `${type}; charset=utf-8` }
  return replyRead(c, { body, headers, etag: etagOf({ body, headers }) })
}

/** `GET /openapi.json` and `GET /docs`. The page's assets are local: each runtime serves them its own way. */
export function docs(app: Hono<AppEnv>, registry: Registry, options: DocsOptions): void {
  let etag: string | undefined
  app.get("/openapi.json", (c) => {
    const document = { body: registry.openapi(), headers: {} }
    etag ??= etagOf(document)
    return replyRead(c, { ...document, etag })
  })
  // Browsers request it with every page.
  app.get("/favicon.ico", (c) => reply(c, 204, null, { "cache-control": "max-age=86400" }))
  app.get("/docs/init.js", (c) => replyText(c, "text/javascript", script))
  app.get("/docs", (c) => {
    // Links are relative, so that they hold under any prefix; a slash at the end makes them one level deeper.
    const root = (c.req.url.split("?", 1)[0] as string).endsWith("/") ? "../" : ""
    return replyText(c, "text/html", `${pageOf(options, root)}`, contentSecurityPolicy)
  })
}

const pageOf = ({ title, persistAuthorization }: DocsOptions, root: string) =>
  html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title}</title>
    <link rel="stylesheet" href="${root}swagger-ui-dist/swagger-ui.css">
  </head>
  <body>
    <div id="swagger-ui" data-url="${root}openapi.json" data-persist="${String(persistAuthorization)}"></div>
    <script src="${root}swagger-ui-dist/swagger-ui-bundle.js"></script>
    <script src="${root}docs/init.js"></script>
  </body>
</html>
`
