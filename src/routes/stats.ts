import { z } from "@hono/zod-openapi"
import { items } from "../schema/items.ts"
import { users } from "../schema/users.ts"
import { replyRead } from "../weir/http/conditional.ts"
import { conditional, unchanged, validators } from "../weir/http/conditional-docs.ts"
import type { Routes } from "../weir/http/registry.ts"
import { etagOf } from "../weir/lib/etag.ts"

const counts = z
  .object({ users: z.int(), items: z.int() })
  .openapi("Stats", { example: { users: 2, items: 5 } })

/** `GET /stats`: a route written by hand, with the request's Drizzle handle. */
export function statsRoute(routes: Routes): void {
  routes.add(
    "get",
    "/stats",
    () => ({
      operationId: "stats",
      summary: "How many rows each table holds",
      tags: ["operation"],
      request: { headers: conditional.pick({ "If-None-Match": true }) },
      responses: {
        200: {
          description: "Counts",
          headers: validators,
          content: { "application/json": { schema: counts } },
        },
        ...unchanged,
      },
      errors: [],
    }),
    async (c) => {
      const { db } = c.var
      const [userCount, itemCount] = await Promise.all([db.$count(users), db.$count(items)])
      const counted = { body: JSON.stringify({ users: userCount, items: itemCount }), headers: {} }
      return replyRead(c, counted, etagOf(counted))
    },
  )
}
