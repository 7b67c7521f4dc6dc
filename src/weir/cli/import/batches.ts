import type { Checked } from "./rows.ts"
import type { SourceRecord } from "./source.ts"

/** Most records that are inserted in one transaction. */
const recordsPerBatch = 1_000

/** Length of a batch's records in characters at which it is full: what is in memory does not depend on their number. */
const lengthPerBatch = 2_000_000

/** Checks the records after the first `skip`, and yields them in the batches that are inserted together. */
export async function* batches(
  records: AsyncIterable<SourceRecord>,
  check: (record: SourceRecord) => Promise<Checked>,
  skip: number,
): AsyncGenerator<Checked[]> {
  let [read, length] = [0, 0]
  let batch: Checked[] = []
  for await (const record of records) {
    read += 1
    if (read <= skip) continue
    batch.push(await check(record))
    length += record.length
    if (batch.length < recordsPerBatch && length < lengthPerBatch) continue
    yield batch
    batch = []
    length = 0
  }
  if (batch.length) yield batch
}
