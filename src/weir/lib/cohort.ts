/** How long a cohort may block the event loop, in milliseconds. Its remaining jobs run in the next turn. */
const maxCohortMs = 5

interface Waiting<Job, Result> {
  job: Job
  resolve(result: Result): void
  reject(error: unknown): void
}

/**
 * Collects the jobs of one turn of the event loop, runs them one after another, and resolves them together. The same
 * work takes a fraction of the time: the database engine's code stays in the CPU's caches, and the callers resume in
 * one go. (Larus and Parkes, "Using Cohort Scheduling to Enhance Server Performance", USENIX 2002.) `before` runs at
 * the start of each cohort.
 */
export function inCohorts<Job, Result>(
  run: (job: Job) => Result,
  before: () => void = () => {},
): (job: Job) => Promise<Result> {
  let waiting: Waiting<Job, Result>[] = []
  const turn = (): void => {
    const cohort = waiting
    waiting = []
    const until = performance.now() + maxCohortMs
    before()
    for (const [i, { job, resolve, reject }] of cohort.entries()) {
      try {
        resolve(run(job))
      } catch (error) {
        reject(error)
      }
      if (i + 1 < cohort.length && performance.now() > until) {
        waiting = cohort.slice(i + 1)
        setImmediate(turn)
        return
      }
    }
  }
  return (job) =>
    new Promise((resolve, reject) => {
      if (waiting.push({ job, resolve, reject }) === 1) setImmediate(turn)
    })
}
