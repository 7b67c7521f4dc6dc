import { serve } from "@hono/node-server"
import { openDatabase } from "../../src/weir/runtime/database.ts"
import { parseEnv } from "../../src/weir/runtime/settings.ts"
import { statements } from "./floor-statements.ts"

/** The hand-written statements through the product's own driver: each is asked for by its name, and nothing is added. */
const database = await openDatabase(parseEnv(process.env))
const texts = statements[database.dialect]

async function fetch(request: Request): Promise<Response> {
  const name = request.url.slice(request.url.lastIndexOf("/") + 1)
  const text = texts[name]
  if (text === undefined) return new Response("null", { status: 404 })
  const [row] = await database.connect().query({ text, params: [], isRead: true, single: true })
  return new Response(String(row?.[0]), { headers: { "content-type": "application/json" } })
}

serve({ fetch, hostname: "127.0.0.1", port: Number(process.env.PORT) })
