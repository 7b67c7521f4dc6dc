import { sql } from "drizzle-orm"
import { afterEach, beforeEach, describe } from "vitest"
import type { Answer, CallOptions } from "../../support/client.ts"
import { type Row, rowOf, rowsOf } from "../../support/samples.ts"
import { schemaNamed } from "./schemas.ts"
import { type Served, serve } from "./served.ts"

/** A schema by its own tests, each over rows of its own. */
export interface One {
  served(): Served
  send(method: string, path: string, json?: unknown, options?: CallOptions): Promise<Answer>
  list(path: string): Promise<Row[]>
  get(path: string): Promise<Row>
  /** Runs SQL past the product. */
  run(text: string): Promise<unknown>
}

/** The suite of one schema; nothing in the projects of the other dialect. */
export function describeSchema(name: string, suite: (one: One) => void): void {
  const schema = schemaNamed(name)
  describe.runIf(schema)(name, () => {
    let served: Served
    beforeEach(async () => {
      if (schema) served = await serve(schema)
    })
    afterEach(() => served?.close())
    const send: One["send"] = (method, path, json, options = {}) =>
      served.call(method, path, { ...options, ...(json === undefined ? {} : { json }) })
    suite({
      served: () => served,
      send,
      list: async (path) => rowsOf(await send("GET", path)),
      get: async (path) => rowOf(await send("GET", path)),
      run: (text) => served.db.run(sql.raw(text)),
    })
  })
}

/** The places that a problem names. */
export const named = ({ body }: Answer): string[] =>
  ((body as { errors?: { path: string }[] } | undefined)?.errors ?? []).map((e) => e.path)
