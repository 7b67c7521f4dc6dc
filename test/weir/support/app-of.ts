import { Hono } from "hono"
import { identify } from "../../../src/weir/auth/identify.ts"
import { tokens } from "../../../src/weir/auth/token.ts"
import type { AppEnv } from "../../../src/weir/http/context.ts"
import { onError } from "../../../src/weir/http/errors.ts"
import { notFoundOf } from "../../../src/weir/http/not-found.ts"
import { Routes } from "../../../src/weir/http/registry.ts"
import { request } from "../../../src/weir/http/request.ts"
import { session } from "../../../src/weir/http/session.ts"
import { api } from "../../../src/weir/resource/relations.ts"
import type { Resource } from "../../../src/weir/resource/resource.ts"
import { resourceRoutes } from "../../../src/weir/rest/routes.ts"
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
