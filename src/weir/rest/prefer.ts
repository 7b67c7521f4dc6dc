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

/** The preferences that are understood, with their values. Others are ignored, as RFC 7240 has it. */
const known: Record<string, readonly string[]> = {
  return: ["minimal", "representation"],
  handling: ["strict", "lenient"],
}

const none: Preferences = { isMinimal: false, applied: {} }

/** What becomes of rows that exist, where a write asks for it. */
const resolutions = ["merge-duplicates", "ignore-duplicates"]

/**
 * Reads `Prefer`, that of an upsert as well: a parameter may have said already what it prefers. With `handling=strict`,
 * throws a 422 that names a preference that is not understood.
 */
export function preferencesOf(c: AppContext, of?: "upsert" | "resolved upsert"): Preferences {
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
  const understood = of ? { ...known, resolution: resolutions } : known
  const odd = [...given].find(([name, value]) => !understood[name]?.includes(value))
  if (isStrict && odd)
    throw invalid("The request is not valid", [
      {
        path: "prefer",
        message: `${odd.filter(Boolean).join("=").slice(0, 80)} is not understood`,
        code: "invalid_value",
      },
    ])
  const asked = given.get("return")
  const returned = asked !== undefined && known.return?.includes(asked) ? asked : undefined
  const resolved = of === "upsert" ? given.get("resolution") : undefined
  const resolution = resolved !== undefined && resolutions.includes(resolved) ? resolved : undefined
  const applied = [
    returned && `return=${returned}`,
    resolution && `resolution=${resolution}`,
    isStrict && "handling=strict",
  ].filter(Boolean)
  return {
    resolution,
    isMinimal: returned === "minimal",
    applied: applied.length ? { "preference-applied": applied.join(", ") } : {},
  }
}
