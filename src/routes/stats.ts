import { createRoute } from "@hono/zod-openapi"
import * as z from "zod"
import { admin, allow, route } from "#weir"
import { items } from "../schema/items.ts"
import { users } from "../schema/users.ts"

const counts = z
  .object({ users: z.int(), items: z.int() })
  .openapi("Stats", { example: { users: 2, items: 5 } })

/** `GET /stats`: a hand-written route, for admins, with the request's Drizzle handle. */
export const stats = route(
  createRoute({
    method: "get",
    path: "/stats",
    operationId: "readStats",
    summary: "Count the rows of each table",
    tags: ["stats"],
    middleware: allow(admin),
    responses: { 200: { description: "Counts", content: { "application/json": { schema: counts } } } },
  }),
  async (c) => {
    const { db } = c.var
    const [userCount, itemCount] = await Promise.all([db.$count(users), db.$count(items)])
    return c.json({ users: userCount, items: itemCount }, 200)
  },
)
