/** Who waits for a job. The jobs of one waiter are one request's. */
export interface Waiter {
  /** The client's address; undefined where it is not known. */
  readonly address: string | undefined
  /** Whether nobody waits for the result any more. */
  readonly gone: boolean
}

export interface FairQueueOptions {
  /** Most jobs that run at a time. */
  concurrency: number
  /** Most jobs that wait. */
  capacity: number
  /** Most jobs of one address that wait. Requests with several jobs may fill half of it. */
  capacityPerAddress: number
  /** The error of a job for which there is no room. */
  full(): Error
  /** The error of a job whose waiter has gone. */
  abandoned(): Error
}

interface Job {
  run(): Promise<unknown>
  resolve(result: unknown): void
  reject(error: unknown): void
}

/** The waiting jobs of one address, by request in the order of arrival. */
type Line = Map<Waiter, Job[]>

/** One of so many turns of an address goes to the request that came first, so that none waits for ever. */
const turnsPerOldest = 4

/**
 * Runs jobs, a few at a time, in turns between addresses; within an address, the request with the fewest jobs goes
 * first. A job whose waiter has gone is not begun. When the queue is full, the address with the most jobs loses its
 * latest request to one with fewer. (McKenney, "Stochastic Fairness Queueing", INFOCOM 1990.)
 */
export class FairQueue {
  private readonly options: FairQueueOptions
  /** The address whose turn is next comes first. */
  private readonly lines = new Map<string, Line>()
  private readonly refused = new WeakSet<Waiter>()
  private running = 0
  private turns = 0

  constructor(options: FairQueueOptions) {
    this.options = options
  }

  /** Runs the job when its turn comes. Rejects with the error of `full` or `abandoned` if that never happens. */
  run<T>(job: () => Promise<T>, waiter: Waiter): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      // A request that was refused one of its jobs has failed as a whole.
      if (this.refused.has(waiter) || !this.admit(waiter)) {
        this.refuse(waiter)
        return reject(this.options.full())
      }
      const address = waiter.address ?? ""
      const line: Line = this.lines.get(address) ?? new Map()
      this.lines.set(address, line)
      const jobs = line.get(waiter) ?? []
      line.set(waiter, jobs)
      jobs.push({ run: job, resolve: resolve as Job["resolve"], reject })
      this.next()
    })
  }

  /** How many jobs run, and how many wait. */
  get load(): { running: number; waiting: number } {
    return { running: this.running, waiting: this.size }
  }

  /** Whether there is room for one more job of the waiter; makes room where there may be. */
  private admit(waiter: Waiter): boolean {
    const { capacity, capacityPerAddress } = this.options
    const line = this.lines.get(waiter.address ?? "")
    const hasRoom = () => {
      const own = line ? sizeOf(line) : 0
      const others = line?.get(waiter)?.length ?? 0
      if (own >= capacityPerAddress) return false
      return others === 0 || own < capacityPerAddress / 2
    }
    if (!hasRoom()) {
      this.sweep()
      if (!hasRoom()) return false
    }
    if (this.size < capacity) return true
    this.sweep()
    return this.size < capacity || this.evict(line ? sizeOf(line) : 0)
  }

  private get size(): number {
    let size = 0
    for (const line of this.lines.values()) size += sizeOf(line)
    return size
  }

  /** Refuses the latest request of the address with the most jobs, if it has more than one job above `own`. */
  private evict(own: number): boolean {
    const [longest] = [...this.lines.values()].sort((a, b) => sizeOf(b) - sizeOf(a))
    if (!longest || sizeOf(longest) <= own + 1) return false
    const latest = [...longest.keys()].at(-1)
    if (latest) this.refuse(latest)
    return true
  }

  /** Rejects the waiting jobs of a request that there is no room for. */
  private refuse(waiter: Waiter): void {
    this.refused.add(waiter)
    this.drop(waiter, this.options.full)
  }

  /** Rejects the jobs of all waiters that have gone. */
  private sweep(): void {
    for (const line of [...this.lines.values()])
      for (const waiter of [...line.keys()]) if (waiter.gone) this.drop(waiter, this.options.abandoned)
  }

  private drop(waiter: Waiter, error: () => Error): void {
    const address = waiter.address ?? ""
    const line = this.lines.get(address)
    for (const job of line?.get(waiter) ?? []) job.reject(error())
    line?.delete(waiter)
    if (line?.size === 0) this.lines.delete(address)
  }

  /** Begins the next jobs, as many as may run. */
  private next(): void {
    while (this.running < this.options.concurrency) {
      const job = this.take()
      if (!job) return
      this.running += 1
      job
        .run()
        .then(job.resolve, job.reject)
        .finally(() => {
          this.running -= 1
          this.next()
        })
    }
  }

  /** The next job of the address whose turn it is. */
  private take(): Job | undefined {
    for (const [address, line] of this.lines) {
      for (const waiter of [...line.keys()]) if (waiter.gone) this.drop(waiter, this.options.abandoned)
      if (line.size === 0) continue
      this.turns += 1
      const waiter = this.turns % turnsPerOldest === 0 ? oldest(line) : smallest(line)
      const jobs = line.get(waiter) as Job[]
      const job = jobs.shift()
      if (jobs.length === 0) line.delete(waiter)
      this.lines.delete(address)
      if (line.size) this.lines.set(address, line)
      return job
    }
    return undefined
  }
}

function sizeOf(line: Line): number {
  let size = 0
  for (const jobs of line.values()) size += jobs.length
  return size
}

const oldest = (line: Line): Waiter => line.keys().next().value as Waiter

/** The request with the fewest jobs; of several, the one that came first. */
function smallest(line: Line): Waiter {
  let [least, count] = [oldest(line), Number.POSITIVE_INFINITY]
  for (const [waiter, jobs] of line)
    if (jobs.length < count) {
      least = waiter
      count = jobs.length
    }
  return least
}
