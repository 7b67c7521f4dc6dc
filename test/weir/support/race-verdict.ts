import { expect } from "vitest"
import type { NodeServer } from "./node-server.ts"
import type { RaceWorld, Write } from "./race-world.ts"

/** Ends the servers, whose logs are whole then: the writes that Redis could not be told of, by id. */
export async function endAndListUntold(servers: NodeServer[]): Promise<Set<unknown>> {
  expect(await Promise.all(servers.map((server) => server.stop()))).toEqual(servers.map(() => 0))
  const untold = servers
    .flatMap((server) => server.logs())
    .filter(({ cache_untold }) => cache_untold === true)
    .map(({ request_id }) => request_id)
  return new Set(untold)
}

/**
 * What was read although something newer had been acknowledged before the read began: by any server; but by another
 * than the one that is asked, where Redis could not be told, `allowance` milliseconds before.
 */
export function staleReads({ reads, items }: RaceWorld, untold: Set<unknown>, allowance: number): string[] {
  const dueAt = (write: Write, server: number): number =>
    write.acknowledged + (untold.has(write.id) && write.server !== server ? allowance : 0)
  return reads.flatMap(({ server, path, of, began, ended, cacheStatus, shown }) => {
    const asked = of.item
      ? [of.item]
      : items.filter(({ owner }) => of.owner === undefined || owner === of.owner)
    return asked.flatMap(({ id, writes }) => {
      const due = writes.findLast((write) => dueAt(write, server) < began)
      if (!due) return []
      const price = shown.get(id)
      const fine =
        due.price === undefined
          ? price === undefined
          : price === undefined
            ? writes.some((write) => write.price === undefined && write.began < ended)
            : price >= due.price
      if (fine) return []
      const ago = Math.round(began - due.acknowledged)
      const by = `${due.server === server ? "itself" : `server ${due.server}`}${untold.has(due.id) ? ", untold" : ""}`
      return [
        `server ${server}, ${path}, ${cacheStatus}: item ${id} at ${price}, not ${due.price}, acknowledged ${ago} ms before by ${by}`,
      ]
    })
  })
}
