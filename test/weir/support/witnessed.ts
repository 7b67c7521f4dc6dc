import { caller } from "./client.ts"
import { type World, world } from "./world.ts"

/** Building it takes its time, and all apps of a suite serve the same. */
let document: string | undefined

async function documentOf(w: World): Promise<string> {
  const { status, text } = await w.call("GET", "/openapi.json")
  if (status !== 200) throw new Error(`GET /openapi.json: ${status} ${text}`)
  return text
}

/**
 * The world, where every answer is held against the served OpenAPI document. Not so inside workerd: there
 * Ajv cannot compile a schema, for want of `new Function`. The bodies are the same there (parity.test.ts).
 */
export async function witnessed(): Promise<World> {
  const w = await world()
  if (w.driver.startsWith("workerd")) return w
  const { conformance } = await import("./openapi.ts")
  document ??= await documentOf(w)
  return { ...w, call: caller(w.app, conformance(document)) }
}
