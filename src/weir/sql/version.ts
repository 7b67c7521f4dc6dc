import { expressions } from "../db/dialect/expressions.ts"
import { versionName } from "../query/version.ts"
import type { Context } from "./embed.ts"
import { type Member, type RowShape, rowText } from "./row.ts"

/** The member that stands for a row's validator: `whole` are its members. The answer's text is completed by `withVersions`. */
export function versionMember(whole: RowShape, { rendering }: Context): Member {
  const text = expressions.jsonText(rowText(whole))
  return { name: versionName, value: rendering.version(text), when: undefined, hides: true }
}
