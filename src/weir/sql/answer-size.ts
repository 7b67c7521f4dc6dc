import type { Selection } from "../query/query.ts"
import type { Resource } from "../resource/resource.ts"
import type { ViewerKind } from "../resource/viewer.ts"
import { maxRowBytes } from "./answer-bytes.ts"
import { shareOf } from "./answer-share.ts"
import { asJson, asJsonUpTo, type Rendering } from "./rendering.ts"

/**
 * What keeps an answer within its limit: the bounds of its columns; a share of it for each value, where the answer lacks
 * those that have more (`lacksValues`); or a measure, which is the last column. The body then lacks embedded lists or is
 * null, if its bytes are too many.
 */
export type AnswerSize = "bounded" | "shared" | "measured"

/** How a read is compiled: for which largest answer, and whether it is measured unless no row exceeds that. */
export interface Within {
  answerLimit: number
  measure?: boolean
}

/** Up to this size, in bytes, an answer may be made that was not measured before. */
const maxUnmeasured = 4_194_304

/** What keeps the answer of up to `rows` rows within its limit, and how these are rendered for it. */
export function sizeOfAnswer(
  read: { rows: number; resource: Resource; selection: Selection },
  kind: ViewerKind,
  { answerLimit, measure }: Within,
): { size: AnswerSize; rendering: Rendering } {
  const most = Math.min(answerLimit, maxUnmeasured)
  if (read.rows * maxRowBytes(read.resource, read.selection, kind) <= most)
    return { size: "bounded", rendering: asJson }
  const share = measure ? undefined : shareOf(read, kind, most)
  return share ? { size: "shared", rendering: asJsonUpTo(share) } : { size: "measured", rendering: asJson }
}
