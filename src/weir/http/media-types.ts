import { Problem } from "../problem.ts"
import type { AppContext } from "./context.ts"

/** The media types of a body that is JSON, and of one that is a merge patch (RFC 7396). */
export const jsonTypes: readonly string[] = ["application/json"]
export const patchTypes: readonly string[] = ["application/merge-patch+json", "application/json"]

/** Tells a client how to patch (RFC 5789, 3.1). */
export const acceptPatch = { "accept-patch": patchTypes.join(", ") }

/** What a client sent, for a message: cut, and in plain characters. */
export const shown = (text: string): string => text.slice(0, 80).replace(/[^ -~]/g, "?")

/** A media type without its parameters. */
export const plainType = (text: string): string => (text.split(";", 1)[0] as string).trim().toLowerCase()

/** The header that names the types a method takes here: of RFC 5789, of LDP, or else of RFC 9110, 15.5.16. */
export function acceptedHeader(method: string, types: readonly string[]): Record<string, string> {
  const names: Record<string, string> = { PATCH: "accept-patch", POST: "accept-post" }
  return { [names[method] ?? "accept"]: types.join(", ") }
}

/**
 * Throws a 415 for a body of another media type. Others that end in `+json` have a meaning of their own: read as plain
 * JSON, a JSON Patch would be taken for something else.
 */
export function requireMediaType(c: AppContext, types: readonly string[]): void {
  const type = c.req.header("content-type") ?? ""
  if (types.includes(type) || types.includes(plainType(type))) return
  const sent = type ? `, not ${shown(type)}` : " and say so in Content-Type"
  throw new Problem("unsupported_media_type", `Send ${types.join(" or ")}${sent}`, {
    headers: acceptedHeader(c.req.method, types),
  })
}
