import { Hono } from "hono"
import { identify } from "../../src/auth/identify.ts"
import { tokens } from "../../src/auth/token.ts"
import type { AppEnv } from "../../src/context.ts"
import { api } from "../../src/crud/relations.ts"
import type { Resource } from "../../src/crud/resource.ts"
import { resourceRoutes } from "../../src/crud/routes.ts"
import { session } from "../../src/db/session.ts"
import { onError } from "../../src/http/errors.ts"
import { notFoundOf } from "../../src/http/not-found.ts"
import { request } from "../../src/http/request.ts"
import { Routes } from "../../src/http/routes.ts"
import { type Call, caller } from "./client.ts"
import { authSecret } from "./fresh.ts"
import type { World } from "./world.ts"

/** An app over resources of one's own: the middleware of `createApp`, without what is beside the point. */
export function appOf(w: World, ...resources: Resource[]): Call {
  const app = new Hono<AppEnv>({ strict: false })
  app.use(request(() => {}))
  app.use(session(w.database, w.cache, (_c, work) => void work))
  app.use(identify(tokens(authSecret)))
  const routes = new Routes(app)
  for (const one of api(...resources)) resourceRoutes(routes, one)
  app.get("/openapi.json", (c) => c.body(routes.openapi(), 200, { "content-type": "application/json" }))
  app.notFound(notFoundOf(app))
  app.onError(onError)
  return caller(app)
}
