import { expect, test } from "vitest"
import { batches } from "../../../src/weir/cli/import/batches.ts"
import type { SourceRecord } from "../../../src/weir/cli/import/source.ts"

async function sizesOf(lengths: number[], skip = 0): Promise<number[]> {
  async function* records(): AsyncGenerator<SourceRecord> {
    for (const [i, length] of lengths.entries()) yield { line: i + 1, length, raw: {}, row: {} }
  }
  const check = async (record: SourceRecord) => ({ record, columns: {} })
  const sizes: number[] = []
  for await (const batch of batches(records(), check, skip)) sizes.push(batch.length)
  return sizes
}

test("a batch of an import ends at 1,000 records or 2,000,000 characters, whichever comes first", async () => {
  expect(await sizesOf(Array(2_500).fill(100))).toEqual([1_000, 1_000, 500])
  expect(await sizesOf(Array(50).fill(100_000))).toEqual([20, 20, 10])
  expect(await sizesOf([10, 60_000_000, 10, 10])).toEqual([2, 2])
  expect(await sizesOf(Array(1_003).fill(1), 1_001)).toEqual([2])
  expect(await sizesOf([])).toEqual([])
})
