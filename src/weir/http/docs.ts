import { swaggerUI } from "@hono/swagger-ui"
import type { Hono, MiddlewareHandler } from "hono"
import { etagOf } from "../lib/etag.ts"
import { replyRead } from "./conditional.ts"
import type { AppEnv } from "./context.ts"
import type { Registry } from "./registry.ts"
import { reply } from "./reply.ts"

/** Swagger UI's page needs an inline script and inline styles. */
const contentSecurityPolicy =
  "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'"

/** `GET /openapi.json` and `GET /docs`. The page's assets are local: each runtime serves them its own way. */
export function docs(app: Hono<AppEnv>, registry: Registry, title: string): void {
  let etag: string | undefined
  app.get("/openapi.json", (c) => {
    const document = { body: registry.openapi(), headers: {} }
    etag ??= etagOf(document)
    return replyRead(c, { ...document, etag })
  })
  // Browsers request it with every page.
  app.get("/favicon.ico", (c) => reply(c, 204, null, { "cache-control": "max-age=86400" }))
  // Links are relative, so that they hold below any prefix; a slash at the end makes them one level deeper.
  const pageAt = (root: string): MiddlewareHandler =>
    swaggerUI({
      url: `${root}openapi.json`,
      baseUrl: root,
      title,
      persistAuthorization: true,
      tryItOutEnabled: true,
    })
  const [page, deeperPage] = [pageAt("./"), pageAt("../")]
  app.get(
    "/docs",
    async (c, next) => {
      c.get("headers")["content-security-policy"] = contentSecurityPolicy
      await next()
    },
    (c, next) => ((c.req.url.split("?", 1)[0] as string).endsWith("/") ? deeperPage : page)(c, next),
  )
}
