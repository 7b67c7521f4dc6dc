import type { Pace } from "../lib/pace.ts"
import { validatorOf } from "../lib/row-validator.ts"
import { versionMarkText } from "./dialect/page.ts"
import type { Statement } from "./dialect/statement.ts"

/**
 * An answer whose rows have their validators, in place of what stands for them: a mark, and in hexadecimal digits what each is made
 * of. With `turns`, others have their turn between rows.
 */
export async function withVersions(
  body: string,
  { member, viewer }: NonNullable<Statement["versions"]>,
  turns?: Pick<Pace, "isOver" | "rest">,
): Promise<string> {
  const mark = new RegExp(`("${member}" ?: ?")${versionMarkText}([0-9A-Fa-f]*)"`, "g")
  let text = ""
  let at = 0
  for (const { 0: found, 1: start = "", 2: hex = "", index } of body.matchAll(mark)) {
    const tag = await validatorOf(Buffer.from(hex, "hex").toString(), { id: viewer })
    text += `${body.slice(at, index)}${start}${tag.slice(1, -1)}"`
    at = index + found.length
    if (turns?.isOver()) await turns.rest()
  }
  return text + body.slice(at)
}
