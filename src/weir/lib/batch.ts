/** Most jobs that go together: what one needs, all of them wait for. */
const most = 16

interface Waiting<Job, Result> {
  job: Job
  resolve(result: Result): void
  reject(error: unknown): void
}

/** Runs the jobs of one turn of the event loop together, when all have come; the results are in their order. */
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
  const turn = () => {
    const all = waiting
    waiting = []
    for (let at = 0; at < all.length; at += most) void send(all.slice(at, at + most))
  }
  return (job) =>
    new Promise((resolve, reject) => {
      if (waiting.push({ job, resolve, reject }) === 1) setImmediate(turn)
    })
}
