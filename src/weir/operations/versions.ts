import { versionMarkText } from "../db/dialect/page.ts"
import { versionName } from "../resource/names.ts"
import type { Viewer } from "../resource/viewer.ts"
import { validatorOf } from "./validator.ts"

const mark = new RegExp(`("${versionName}" ?: ?")${versionMarkText}([0-9A-Fa-f]*)"`, "g")

/** An answer whose rows have their validators, in place of what stands for them. */
export async function withVersions(body: string, viewer: Viewer): Promise<string> {
  const tags = await Promise.all(
    [...body.matchAll(mark)].map(([, , hex = ""]) => validatorOf(Buffer.from(hex, "hex").toString(), viewer)),
  )
  let i = 0
  return body.replace(mark, (_, start: string) => `${start}${tags[i++]?.slice(1, -1)}"`)
}
