import type { RowKey } from "../resource/key.ts"
import { type Resource, secretOf } from "../resource/resource.ts"
import type { Step } from "./batch-step.ts"
import type { Call } from "./call.ts"
import { create } from "./create.ts"

/** The row that a step creates, where it does nothing else. */
export interface Created<T> {
  resource: Resource
  /** The object that it is made of. */
  input(): unknown
  /** What the step is answered with, by the JSON of its row and its key. */
  answer(row: { body: string; key: RowKey | undefined }, call: Call): T | Promise<T>
}

/** Steps that follow each other and are carried out together: creates of rows of one resource, or one step of any kind. */
export interface Run<T> {
  /** The number of its first step. */
  index: number
  steps: [Step<T>, ...Step<T>[]]
}

/**
 * Puts creates together that one write can stand for. Those of a resource whose creates do more than to write a row stay
 * alone: what is tried twice, first together and then one by one, must not be counted or told twice.
 */
export function runsOf<T>(steps: Step<T>[]): Run<T>[] {
  const runs: Run<T>[] = []
  for (const [index, step] of steps.entries()) {
    const last = runs.at(-1)
    if (last && isPlain(step) && isPlain(last.steps[0]) && sameRows(step, last.steps[0]))
      last.steps.push(step)
    else runs.push({ index, steps: [step] })
  }
  return runs
}

const sameRows = <T>(one: Step<T>, other: Step<T>): boolean =>
  one.creates?.resource === other.creates?.resource

function isPlain<T>({ creates, isRecorded }: Step<T>): boolean {
  if (!creates || isRecorded) return false
  const { resource } = creates
  const { history, quota, holdsViewers, options } = resource
  return !(history || quota || holdsViewers || options.before || secretOf(resource))
}

/** The steps of runs, each for itself. */
export const singly = <T>(runs: Run<T>[]): Run<T>[] =>
  runs.flatMap(({ index, steps }) => steps.map((step, i): Run<T> => ({ index: index + i, steps: [step] })))

/** Creates the rows of a run by one write, and answers each of its steps. */
export async function createdTogether<T>(call: Call, steps: Step<T>[]): Promise<T[]> {
  const creates = steps.flatMap((step) => step.creates ?? [])
  const [first] = creates as [Created<T>, ...Created<T>[]]
  const { rows } = await create(
    call,
    first.resource,
    creates.map(({ input }) => input()),
  )
  return Promise.all(rows.map((row, i) => (creates[i] as Created<T>).answer(row, call)))
}
