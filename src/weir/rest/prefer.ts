import type { AppContext } from "../http/context.ts"
import { invalid } from "../problem.ts"

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
  const given = new Map<string, string>()
  for (const part of header.split(",")) {
    // Parameters of a preference, after a semicolon, change nothing here.
    const [name = "", value = ""] = (part.split(";")[0] as string).split("=").map((text) => text.trim())
    const key = name.toLowerCase()
    // The first of the same name counts (RFC 7240, 2).
    if (key && !given.has(key)) given.set(key, value.replace(/^"(.*)"$/, "$1"))
  }
  const isStrict = given.get("handling") === "strict"
  const understood: Record<string, readonly string[]> = { ...known, ...more[of] }
  const tx = given.get("tx")
  if (tx !== undefined) given.set("tx", tx.toLowerCase())
  const odd = [...given].find(([name, value]) => !understood[name]?.includes(value))
  // Who misspells `tx=rollback` wants nothing to be written.
  if (odd && (isStrict || odd[0] === "tx"))
    throw invalid("The request is not valid", [
      {
        path: "prefer",
        message: `${odd.filter(Boolean).join("=").slice(0, 80)} is not understood`,
        code: "invalid_value",
      },
    ])
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
