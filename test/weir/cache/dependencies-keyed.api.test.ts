// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { MemoryStore } from "../../../src/weir/cache/memory.ts"
import { caller } from "../support/client.ts"
import { appOver, cacheOver } from "../support/fresh.ts"
import { keyedTwice } from "../support/keyed.ts"
import { world } from "../support/world.ts"
import { dependencySuite } from "./dependencies-suite.ts"

/** The cache in memory, where each write has a key and is retried. */
dependencySuite(
  () => world({ cache: cacheOver(new MemoryStore(8_388_608, undefined)) }),
  async ({ database, cache }, { subject }) => keyedTwice(caller(appOver(database, { subject, cache }).app)),
)
