import { stampsOfTables } from "../cache/stamps.ts"
import { Problem } from "../problem.ts"
import type { Call } from "./call.ts"
import { NotGuarded } from "./recalled.ts"
import { type Outcome, outcomesOf, type Recording } from "./recording.ts"

/** What came of a request that is carried out once. */
export interface Once<T> {
  value: T
  /** Whether it is the outcome of an earlier request with the same key. */
  replayed: boolean
}

/**
 * Carries out a write once for all requests with its key (draft-ietf-httpapi-idempotency-key-header): what it leaves is
 * kept in its own transaction, and `replay` makes the value of that where it was carried out before, by this process or
 * another. What fails is not kept. Throws a 422 where the key came with another request.
 */
export async function once<T>(
  call: Call,
  recording: Recording | undefined,
  run: () => Promise<T>,
  replay: (outcomes: Outcome[]) => T | Promise<T>,
): Promise<Once<T>> {
  if (!recording) return { value: await run(), replayed: false }
  const before = await earlier(call, recording, replay)
  if (before) return before
  call.recording = recording
  try {
    return { value: await run(), replayed: false }
  } catch (error) {
    // Another request with that key may have been first: it broke a unique key, or changed the row.
    const meanwhile = await earlier(call, recording, replay)
    if (meanwhile) return meanwhile
    throw error
  } finally {
    call.recording = undefined
  }
}

async function earlier<T>(
  call: Call,
  recording: Recording,
  replay: (outcomes: Outcome[]) => T | Promise<T>,
): Promise<Once<T> | undefined> {
  const kept = await outcomesOf(call, recording)
  if (!kept) return undefined
  // Who is recalled from memory is confirmed by the write's statement, and here there is none.
  if (call.recalled) throw new NotGuarded()
  if (kept.request !== recording.request)
    throw new Problem("idempotency_key_reused", "This Idempotency-Key came with another request before")
  const { store } = call.cache
  // The process of the first request may have ended before it told the cache that all share.
  if (store?.exact === false && !call.isRehearsal) await store.move(stampsOfTables())
  return { value: await replay(kept.outcomes), replayed: true }
}
