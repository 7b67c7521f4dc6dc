import type { FieldType } from "../fields/type.ts"
import { type Selection, wholeRow } from "../query/query.ts"
import type { Resource } from "../resource/resource.ts"
import { isOpen } from "../resource/rules.ts"
import type { ViewerKind } from "../resource/viewer.ts"
import { bytesOfCounts, isOfWholeRow, validatorWeight } from "./answer-bytes.ts"

/** Values that may have more bytes of JSON than that have a share; of others, the most that they may have is counted. */
const thresholds = [16_384, 256]

/** Fewest bytes that are a share: with less, most answers would have to be made twice. */
const minShare = 100

/** What a value of much different size may have of an answer. */
export interface Share {
  /** Most bytes of it as it is stored. */
  bytes: number
  /** Only values of types that may have more bytes of JSON than that have a share. */
  above: number
}

/** Whether values of that type have a share of an answer. */
export const hasShare = ({ measured, maxBytes }: FieldType, above: number): boolean =>
  measured && maxBytes > above

/** The rows of a read with all that they embed: most bytes that are counted, and the number of values with a share. */
interface Counted {
  bytes: number
  shares: number
}

/** What is counted. */
interface Rows {
  rows: number
  resource: Resource
  selection: Selection
}

/**
 * The share of an answer that each larger value of a read may have, so that the answer is within its limit whatever the
 * rows hold, but for what JSON escapes. Undefined where that would be too little.
 */
export function shareOf(read: Rows, kind: ViewerKind, answerLimit: number): Share | undefined {
  for (const above of thresholds) {
    const { bytes, shares } = counted(read, kind, above)
    const share = Math.floor((answerLimit - bytes) / Math.max(1, shares))
    if (share >= minShare) return { bytes: share, above }
  }
  return undefined
}

function counted({ rows, resource, selection }: Rows, kind: ViewerKind, above: number): Counted {
  const { fields, includes } = selection
  const sum: Counted = { bytes: (2 + bytesOfCounts(selection.counts)) * rows, shares: 0 }
  for (const { name, type, read } of Object.values(resource.fields)) {
    if (!(fields ? fields.has(name) : !type.heavy) || !isOpen(read, kind)) continue
    const isShared = hasShare(type, above)
    sum.bytes += rows * (Buffer.byteLength(name) + 4 + (isShared ? 0 : type.maxBytes))
    if (isShared) sum.shares += rows
  }
  if (selection.version && isOfWholeRow(resource)) {
    const whole = counted({ rows, resource, selection: wholeRow }, kind, above)
    sum.bytes += whole.bytes
    sum.shares += validatorWeight * whole.shares
  }
  for (const include of includes) {
    const { name, target } = include.relation
    const inner = counted({ rows: rows * include.limit, resource: target, selection: include }, kind, above)
    sum.bytes += rows * (Buffer.byteLength(name) + 6) + inner.bytes
    sum.shares += inner.shares
  }
  return sum
}
