import { classify } from "../db/dialect/errors.ts"
import type { Statement } from "../db/driver.ts"
import { undone } from "../sql/record.ts"
import type { Call } from "./call.ts"

/** What a step sends. */
interface Sent {
  statements: Statement[]
}

/** The failures that are the fault of some step, and not of the database. */
const broken = ["unique", "foreign_key", "invalid", "quota", "rule", "document", "missed"]

/** Whether a transaction failed for what one of its steps wants. */
export const isOwnFault = (error: unknown): boolean => broken.includes(classify(error)?.kind ?? "")

/** Which step failed: by what the error says, or by trying the first ones alone. Undefined where none did. */
export async function failedStep(
  call: Call,
  parts: Sent[],
  before: Statement[],
  error: unknown,
): Promise<number | undefined> {
  const failure = classify(error)
  if (failure?.kind === "missed") return failure.write
  const { statementIndex } = error as { statementIndex?: unknown }
  if (typeof statementIndex === "number") {
    // The record of the whole batch, which another request with its key has kept.
    if (statementIndex < before.length) return undefined
    let end = before.length
    return parts.findIndex(({ statements }) => {
      end += statements.length
      return statementIndex < end && statementIndex >= end - statements.length
    })
  }
  if (!isOwnFault(error)) return undefined
  return firstFailing(call, parts)
}

/** The first step with which the batch fails by itself: found by halves, each tried and undone. */
async function firstFailing(call: Call, parts: Sent[]): Promise<number | undefined> {
  let low = 0
  let high = parts.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    const statements = parts.slice(0, middle + 1).flatMap((part) => part.statements)
    if (await failsBySelf(call, statements)) high = middle
    else low = middle + 1
  }
  return low
}

async function failsBySelf(call: Call, statements: Statement[]): Promise<boolean> {
  if (statements.length === 0) return false
  try {
    await call.client().batch([...statements, undone()])
  } catch (error) {
    return classify(error)?.kind !== "undone"
  }
  throw new Error("A statement that must fail did not")
}
