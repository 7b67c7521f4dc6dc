/** Jobs that wait in lines, a line for each client; the clients take turns. */
export class Turns<Job> {
  /** The client whose turn is next comes first. */
  private lines = new Map<string, Job[]>()
  private count = 0

  get size(): number {
    return this.count
  }

  /** Adds a job at the end of its client's line. */
  add(client: string, job: Job): void {
    const line = this.lines.get(client)
    if (line) line.push(job)
    else this.lines.set(client, [job])
    this.count += 1
  }

  /** Adds a job that has had its turn before all others. */
  addFirst(client: string, job: Job): void {
    const line = [job, ...(this.lines.get(client) ?? [])]
    this.lines.delete(client)
    this.lines = new Map([[client, line], ...this.lines])
    this.count += 1
  }

  /** Takes the first job that may run of the client whose turn it is, or of the next one that has such a job. */
  take(mayRun: (job: Job) => boolean): Job | undefined {
    return this.takeAt((line) => line.findIndex(mayRun))
  }

  /** The same where one answer holds for all jobs of a client. */
  takeFirst(mayRun: (first: Job) => boolean): Job | undefined {
    return this.takeAt(([first]) => (mayRun(first as Job) ? 0 : -1))
  }

  private takeAt(find: (line: Job[]) => number): Job | undefined {
    for (const [client, line] of this.lines) {
      const at = find(line)
      if (at < 0) continue
      const [job] = line.splice(at, 1)
      this.count -= 1
      this.lines.delete(client)
      if (line.length) this.lines.set(client, line)
      return job
    }
    return undefined
  }

  /** Takes a job out of its client's line. */
  remove(client: string, job: Job): void {
    const line = this.lines.get(client)
    const at = line?.indexOf(job) ?? -1
    if (!line || at < 0) return
    line.splice(at, 1)
    this.count -= 1
    if (line.length === 0) this.lines.delete(client)
  }

  /** Takes all jobs out. */
  drain(): Job[] {
    const jobs = [...this.lines.values()].flat()
    this.lines.clear()
    this.count = 0
    return jobs
  }
}
