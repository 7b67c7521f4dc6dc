// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { expect, test } from "vitest"
import { type Difference, difference, shrunk } from "./asked.ts"
import { randomRequest } from "./cases.ts"
import type { TableName } from "./model.ts"
import { Random } from "./random.ts"
import { randomData } from "./rows.ts"
import { queryWorld } from "./world.ts"

/** Random filters over random rows: never a row more or less than the oracle finds. `WEIR_TEST_FILTERS` says how many. */
const count = Number(process.env.WEIR_TEST_FILTERS ?? 300)
const seed = Number(process.env.WEIR_TEST_SEED ?? 15)
/** Filters that are asked of the same rows. */
const perWorld = 1_000

const lists: [what: string, tables: TableName[]][] = [
  ["tables", ["things", "things", "things", "makers", "parts"]],
  ["documents", ["papers", "papers", "papers", "makers"]],
]

test.each(lists)(
  `${count} random filters of %s answer as the oracle does`,
  async (_what, tables) => {
    const wrong: Difference[] = []
    for (let from = 0; from < count && wrong.length < 5; from += perWorld) {
      const world = await queryWorld(randomData(seed + from))
      const random = new Random(seed + from)
      for (let i = from; i < Math.min(count, from + perWorld) && wrong.length < 5; i++) {
        const request = randomRequest(random, world.oracle, tables)
        if (!(await difference(world.call, world.oracle, request))) continue
        wrong.push((await shrunk(world.call, world.oracle, request)) as Difference)
      }
      await world.close()
    }
    expect(wrong).toEqual([])
  },
  3_600_000,
)
