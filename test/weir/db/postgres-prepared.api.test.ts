// First: in a worker it chooses the dialect, before anything loads a table.

import { expect, test } from "vitest"
import { fresh } from "#fresh"
import { dialectName } from "../../../src/weir/db/dialect/choose.ts"
import type { Value } from "../../../src/weir/db/dialect/statement.ts"

/** Values of several types at the same places. */
const sets: Value[][] = [
  ["a", 1, null],
  ["b", null, true],
  [null, 2, false],
  ["#0", 3, null],
  ["c", 4, true],
]

test.runIf(dialectName === "postgres")(
  "prepared statements are told apart, whatever their values",
  async () => {
    const { database, close } = await fresh()
    const client = database.connect()
    const names = ["one", "two", "three"]
    for (let round = 0; round < 4; round++)
      for (const name of names)
        for (const params of sets) {
          const text = `select '${name}', $1::text, $2::integer, $3::boolean`
          expect(await client.query({ text, params })).toEqual([[name, ...params]])
        }
    await close()
  },
)
