// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { sideOf, unhurried } from "../support/upstash.ts"
import { world } from "../support/world.ts"
import { dependencySuite } from "./dependencies-suite.ts"

/** The cache in Redis: one process writes, and another reads. */
unhurried()
dependencySuite(
  () => world(),
  async (w, { subject }) => {
    const prefix = crypto.randomUUID()
    const [writer, reader] = [await sideOf(w, prefix, { subject }), await sideOf(w, prefix, { subject })]
    return (method, ...request) => (method === "GET" ? reader : writer).call(method, ...request)
  },
)
