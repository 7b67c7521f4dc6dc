import type { ViewerGuard } from "../resource/viewer.ts"
import type { Call } from "./call.ts"

/** A guarded statement that was not carried out: its viewer must be confirmed first. */
export class NotGuarded extends Error {}

/**
 * Runs an attempt for a viewer recalled from memory, with the guard that its statement must carry. On any failure
 * the viewer is read again, and the attempt repeated once without the guard, unless the viewer is what it was.
 */
export async function withRecalled<T>(call: Call, attempt: (guard?: ViewerGuard) => Promise<T>): Promise<T> {
  const { recalled, viewer } = call
  if (!recalled) return attempt()
  try {
    return await attempt(recalled.guard)
  } catch (error) {
    await recalled.confirm()
    const { kind, id } = call.viewer
    if (viewer.kind === kind && viewer.id === id && !(error instanceof NotGuarded)) throw error
    return attempt()
  }
}
