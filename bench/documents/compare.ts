import { median } from "../report.ts"
import type { Connection, Sent } from "./connection.ts"

/** One of two requests that are compared: what is sent the `n`-th time, and where. */
export interface Side {
  on: Connection
  request(n: number): Sent
}

/** Medians in microseconds, and their ratio: the median of those of all rounds. */
export interface Compared {
  own: number
  other: number
  ratio: number
}

/** How long a side sends its requests, one after another, until it is the other's turn. */
const turnMs = 40

/**
 * Compares how long two requests take, one at a time. The sides take turns of some milliseconds within a round, so that
 * other load on the machine affects both equally.
 */
export async function compareSides(
  own: Side,
  other: Side,
  { seconds, rounds }: { seconds: number; rounds: number },
): Promise<Compared> {
  const sides = [own, other].map((side) => ({ side, sent: 0, medians: [] as number[] }))
  for (let round = 0; round <= rounds; round++) {
    const times: number[][] = [[], []]
    const end = performance.now() + seconds * 1000
    do {
      for (const [i, one] of sides.entries()) {
        const turn = performance.now() + turnMs
        do {
          const started = performance.now()
          await one.side.on.send(one.side.request(one.sent++))
          times[i]?.push(performance.now() - started)
        } while (performance.now() < turn)
      }
    } while (performance.now() < end)
    // The first round warms the servers up.
    if (round > 0) for (const [i, one] of sides.entries()) one.medians.push(median(times[i] ?? []) * 1000)
  }
  const [a, b] = sides.map(({ medians }) => medians) as [number[], number[]]
  return { own: median(a), other: median(b), ratio: median(a.map((time, i) => time / (b[i] ?? 0))) }
}
