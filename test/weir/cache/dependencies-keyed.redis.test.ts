// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { keyedTwice } from "../support/keyed.ts"
import { sideOf, unhurried } from "../support/upstash.ts"
import { world } from "../support/world.ts"
import { dependencySuite } from "./dependencies-suite.ts"

/** The cache in Redis, where each write has a key: one process writes, another is retried, and a third reads. */
unhurried()
dependencySuite(
  () => world(),
  async (w, { subject }) => {
    const prefix = crypto.randomUUID()
    const side = () => sideOf(w, prefix, { subject })
    const [first, second, reader] = [await side(), await side(), await side()]
    const write = keyedTwice(first.call, second.call)
    return (method, ...request) => (method === "GET" ? reader.call : write)(method, ...request)
  },
)
