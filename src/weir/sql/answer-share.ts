import type { FieldType } from "../fields/type.ts"
import type { Selection } from "../query/query.ts"
import type { Resource } from "../resource/resource.ts"
import { isOpen } from "../resource/rules.ts"
import type { ViewerKind } from "../resource/viewer.ts"

/** Most bytes of a value's JSON that count as if each value had as many. */
const maxCounted = 16_384

/** Most bytes, as they are stored, that all larger values of a quick answer may have together. */
const maxShared = 4_194_304

/** Fewest bytes that are a share: with less, most answers would have to be made twice. */
const minShare = 256

/** Most bytes that JSON takes for a byte as it is stored, as for `\u0001`. */
const maxEscape = 6

/** Whether values of that type may be so large that they have a share of an answer. */
export const isShare = ({ measured, maxBytes }: FieldType): boolean => measured && maxBytes > maxCounted

/** The rows of a read with all that they embed: most bytes that are counted, and the number of values with a share. */
interface Counted {
  bytes: number
  shares: number
}

/**
 * The share of an answer that each larger value of a read may have, in bytes as it is stored, so that the answer is
 * within its limit whatever the rows hold. Undefined where that would be too little.
 */
export function shareOf(
  rows: number,
  resource: Resource,
  selection: Selection,
  kind: ViewerKind,
  answerLimit: number,
): number | undefined {
  const { bytes, shares } = counted(rows, resource, selection, kind)
  const share = Math.floor(Math.min(maxShared, (answerLimit - bytes) / maxEscape) / Math.max(1, shares))
  return share < minShare ? undefined : share
}

function counted(rows: number, resource: Resource, selection: Selection, kind: ViewerKind): Counted {
  const { fields, includes } = selection
  const sum: Counted = { bytes: 2 * rows, shares: 0 }
  for (const { name, type, read } of Object.values(resource.fields)) {
    if (!(fields ? fields.has(name) : !type.heavy) || !isOpen(read, kind)) continue
    sum.bytes += rows * (Buffer.byteLength(name) + 4 + (isShare(type) ? 0 : type.maxBytes))
    if (isShare(type)) sum.shares += rows
  }
  for (const include of includes) {
    const inner = counted(rows * include.limit, include.relation.target, include, kind)
    sum.bytes += rows * (Buffer.byteLength(include.relation.name) + 6) + inner.bytes
    sum.shares += inner.shares
  }
  return sum
}
