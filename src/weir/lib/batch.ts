/** Most jobs in a batch: each of them waits for the slowest. */
const maxBatchSize = 16

interface Waiting<Job, Result> {
  job: Job
  resolve(result: Result): void
  reject(error: unknown): void
}

/**
 * Collects the jobs of one turn of the event loop and runs them in batches. `run` resolves to one result per job, in
 * their order; its error rejects every job of the batch.
 */
export function inBatches<Job, Result>(
  run: (jobs: Job[]) => Promise<Result[]>,
): (job: Job) => Promise<Result> {
  let waiting: Waiting<Job, Result>[] = []
  const send = async (batch: Waiting<Job, Result>[]) => {
    try {
      const results = await run(batch.map(({ job }) => job))
      for (const [i, { resolve }] of batch.entries()) resolve(results[i] as Result)
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }
  const flush = () => {
    const collected = waiting
    waiting = []
    for (let at = 0; at < collected.length; at += maxBatchSize)
      void send(collected.slice(at, at + maxBatchSize))
  }
  return (job) =>
    new Promise((resolve, reject) => {
      if (waiting.push({ job, resolve, reject }) === 1) setImmediate(flush)
    })
}
