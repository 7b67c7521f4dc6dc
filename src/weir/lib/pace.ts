/** How long a part of some work may hold the event loop, in milliseconds. */
const partMs = 5

/** Work that is done in small parts, between which others get their turn. */
export class Pace {
  private until = performance.now() + partMs
  private steps = 0
  private readonly stepsPerLook: number

  /** Looks at the clock once in so many steps, since some take no longer than the look. */
  constructor(stepsPerLook = 1) {
    this.stepsPerLook = stepsPerLook
  }

  /** Whether a part of the work has taken its time. It is asked after each step. */
  isOver(): boolean {
    this.steps += 1
    return this.steps % this.stepsPerLook === 0 && performance.now() >= this.until
  }

  /** Resolves in the next turn of the event loop. */
  async rest(): Promise<void> {
    await new Promise((resolve) => {
      setTimeout(resolve, 0)
    })
    this.until = performance.now() + partMs
  }
}

/** How many begin at once. */
const partSize = 20

/** Does some work for each of a list, a few at once, and gives others their turn between. */
export async function inParts<T, R>(
  list: readonly T[],
  work: (one: T, i: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  const pace = new Pace()
  while (results.length < list.length) {
    const from = results.length
    const part = list.slice(from, from + partSize)
    results.push(...(await Promise.all(part.map((one, i) => work(one, from + i)))))
    if (pace.isOver()) await pace.rest()
  }
  return results
}
