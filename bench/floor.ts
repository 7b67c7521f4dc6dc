import { serve } from "@hono/node-server"
import { openFloor } from "./floor-statements.ts"
import { openPlain } from "./plain-statements.ts"

/**
 * The floor: the product's HTTP server, a switch over the measured routes, and one statement for each. It has no
 * framework, validation, auth, log or extra headers: only the work that no server can avoid. With `FLOOR=plain`, its
 * statements are the plain ones.
 */
const open = process.env.FLOOR === "plain" ? openPlain : openFloor
const floor = open(process.env.DATABASE_URL ?? "")

const headers = { "content-type": "application/json" }
const ok = { status: 200, headers }
const created = { status: 201, headers }
const missing = { status: 404, headers }

const answer = (body: string | undefined): Response =>
  body === undefined ? new Response("null", missing) : new Response(body, ok)

async function fetch(request: Request): Promise<Response> {
  const path = request.url.slice(request.url.indexOf("/", 8))
  if (request.method === "POST") {
    const { title, price } = JSON.parse(await request.text()) as { title: string; price: number }
    return new Response(await floor.create(title, price), created)
  }
  switch (path) {
    case "/hello":
      return new Response('"hello"', ok)
    case "/items?limit=100":
      return answer(await floor.list(100))
    case "/items?limit=100&skip=200":
      return answer(await floor.skip(100, 200))
    case "/items?limit=100&include=owner":
      return answer(await floor.listWithOwner(100))
    case "/items?price[gte]=10&sort=-price&limit=100":
      return answer(await floor.page(10, 100))
  }
  if (path.startsWith("/items/")) return answer(await floor.item(Number(path.slice(7))))
  if (path.startsWith("/users/")) return answer(await floor.user(Number(path.slice(7))))
  return new Response("null", missing)
}

serve({ fetch, hostname: "127.0.0.1", port: Number(process.env.PORT) })
