/** How long a part of some work may hold the event loop, in milliseconds. */
const partMs = 5

/** Those whose work goes on in later turns of the event loop, where they take turns. */
let waiting: (() => void)[] | undefined

/**
 * Has all paced work of this process share the event loop: one of those that wait goes on in each of its turns, so that many
 * together hold it no longer than one does. A runtime in which no request may wake up another one does without.
 */
export function shareTurns(): void {
  waiting ??= []
}

/** Resolves in a later turn of the event loop. Work that nobody else waits behind goes on in the next one. */
export const nextTurn = (): Promise<void> =>
  new Promise((resolve) => {
    if (!waiting) setImmediate(resolve)
    else if (waiting.push(resolve) === 1) setImmediate(goOn)
  })

/** What one of those that wait does then is done before the next turn begins. */
function goOn(): void {
  waiting?.shift()?.()
  if (waiting?.length) setImmediate(goOn)
}

/** Work that is done in small parts, between which others get their turn. */
export class Pace {
  private until = begun()
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

  /** Resolves in a later turn of the event loop. */
  async rest(): Promise<void> {
    await nextTurn()
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

/** Until when a first part may last: where others wait already, it gives way after its first step. */
const begun = (): number => (waiting?.length ? 0 : performance.now() + partMs)
