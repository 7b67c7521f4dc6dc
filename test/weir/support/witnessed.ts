import type { Api } from "../../../src/weir/api.ts"
import { type Call, caller, type Witness } from "./client.ts"
import type { Fresh } from "./fresh.ts"
import { type World, world } from "./world.ts"

/** Building one takes its time, and all apps of an API serve the same. */
const documents = new Map<Api, string>()

async function documentOf({ api }: Fresh, call: Call, isOwn: boolean): Promise<string> {
  const earlier = isOwn ? undefined : documents.get(api)
  if (earlier !== undefined) return earlier
  const { status, text } = await call("GET", "/openapi.json")
  if (status !== 200) throw new Error(`GET /openapi.json: ${status} ${text}`)
  if (!isOwn) documents.set(api, text)
  return text
}

/**
 * Holds every answer against the served OpenAPI document. Not so inside workerd: there Ajv cannot compile a
 * schema, for want of `new Function`. `isOwn`: its settings give it routes that other apps of its API have not. The bodies are the same there (parity.api.test.ts).
 */
export async function conformanceOf(app: Fresh, call: Call, isOwn = false): Promise<Witness | undefined> {
  if (app.driver.startsWith("workerd")) return undefined
  const { conformance } = await import("./openapi.ts")
  return conformance(await documentOf(app, call, isOwn))
}

/** The world, where every answer is held against the document. */
export async function witnessed(): Promise<World> {
  const w = await world()
  return { ...w, call: caller(w.app, await conformanceOf(w, w.call)) }
}
