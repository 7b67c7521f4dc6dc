import { versionMarkText } from "../db/dialect/page.ts"
import { versionName } from "../resource/names.ts"
import type { Call } from "./call.ts"
import { CallTurns } from "./turns.ts"
import { validatorOf } from "./validator.ts"

const mark = new RegExp(`("${versionName}" ?: ?")${versionMarkText}([0-9A-Fa-f]*)"`, "g")

/** An answer whose rows have their validators, in place of what stands for them. Others have their turn between rows. */
export async function withVersions(body: string, call: Pick<Call, "viewer" | "deadline">): Promise<string> {
  const turns = new CallTurns(call)
  let text = ""
  let at = 0
  for (const { 0: found, 1: start = "", 2: hex = "", index } of body.matchAll(mark)) {
    const tag = await validatorOf(Buffer.from(hex, "hex").toString(), call.viewer)
    text += `${body.slice(at, index)}${start}${tag.slice(1, -1)}"`
    at = index + found.length
    if (turns.isOver()) await turns.rest()
  }
  return text + body.slice(at)
}
