import { versionMarkText } from "../db/dialect/page.ts"
import { rowTag } from "../lib/etag.ts"
import { versionName } from "../query/version.ts"

const mark = new RegExp(`("${versionName}" ?: ?")${versionMarkText}([0-9A-Fa-f]*)"`, "g")

/** An answer whose rows have their validators, in place of what stands for them. */
export async function withVersions(body: string): Promise<string> {
  const tags = await Promise.all(
    [...body.matchAll(mark)].map(([, , hex = ""]) => rowTag(Buffer.from(hex, "hex").toString())),
  )
  let i = 0
  return body.replace(mark, (_, start: string) => `${start}${tags[i++]?.slice(1, -1)}"`)
}
