import type { AppContext } from "../http/context.ts"
import { preferencesIn, refuseOdd } from "../http/preferences.ts"

/** What a client prefers of the answer to a write (RFC 7240). */
export interface Preferences {
  /** Whether the answer is to have no body. */
  isMinimal: boolean
  /** What becomes of rows that exist, as upserts know it. */
  resolution?: string | undefined
  /** The headers that say what was done so. */
  applied: Record<string, string>
}

/** The preferences that every write understands, with their values. Others are ignored, as RFC 7240 has it. */
const known: Record<string, readonly string[]> = {
  handling: ["strict", "lenient"],
  tx: ["commit", "rollback"],
}

const none: Preferences = { isMinimal: false, applied: {} }

/** What becomes of rows that exist, where a write asks for it. */
const resolutions = ["merge-duplicates", "ignore-duplicates"]

const returned = ["minimal", "representation"]

/** What some writes understand besides. */
const more = {
  row: { return: returned },
  upsert: { return: returned, resolution: resolutions },
  /** A parameter has said already what becomes of rows that exist. */
  "resolved upsert": { return: returned, resolution: resolutions },
  /** Its answer never has a body. */
  empty: { return: ["minimal"] },
  batch: {},
} satisfies Record<string, Record<string, readonly string[]>>

/**
 * Reads `Prefer`, before anything is written: with `tx=rollback`, all that the request writes from now on is undone. With
 * `handling=strict`, throws a 422 that names a preference that is not understood.
 */
export function preferencesOf(c: AppContext, of: keyof typeof more = "row"): Preferences {
  const header = c.req.header("prefer")
  if (header === undefined) return none
  const given = preferencesIn(header)
  const isStrict = given.get("handling") === "strict"
  const understood: Record<string, readonly string[]> = { ...known, ...more[of] }
  refuseOdd(given, understood)
  const asked = (name: string): string | undefined => {
    const value = given.get(name)
    return value !== undefined && understood[name]?.includes(value) ? value : undefined
  }
  const resolution = of === "upsert" ? asked("resolution") : undefined
  const ending = asked("tx")
  if (ending === "rollback") c.get("call").rehearse?.()
  const applied = [
    asked("return") && `return=${asked("return")}`,
    resolution && `resolution=${resolution}`,
    ending && `tx=${ending}`,
    isStrict && "handling=strict",
  ].filter(Boolean)
  return {
    resolution,
    isMinimal: asked("return") === "minimal",
    applied: applied.length ? { "preference-applied": applied.join(", ") } : {},
  }
}
