import { type FieldIssue, Problem } from "../problem.ts"
import type { Include } from "../query/query.ts"
import type { AnswerLimits } from "./call.ts"

/** What is too large: the limit of a list, absent for a single row, and what is embedded. */
interface Asked {
  limit?: number
  includes: Include[]
}

/** Throws a 422 where a body has more bytes than an answer may have, or would have by its measure. */
export function requireAnswerBytes(bytes: number, limits: AnswerLimits, asked: Asked): void {
  if (bytes <= limits.bytes) return
  const wanted = listLimits(asked)
  const issues = wanted.slice(0, 20).map(({ path, limit }) => ({
    path,
    message: `the answer would be too large with ${limit} of these`,
    code: "answer_too_large",
  }))
  const less = wanted.length
    ? "lower the limits that errors names, or name fewer fields"
    : "name fewer fields, or embed less"
  const detail = `The answer would be about ${inMegabytes(bytes)}, of at most ${inMegabytes(limits.bytes)}: ${less}`
  throw new Problem("answer_too_large", detail, { issues })
}

/** Whether a text may be longer than that in UTF-8 is found out without a look at it, nearly always. */
export function requireAnswerText(body: string, limits: AnswerLimits, asked: Asked): void {
  if (body.length * 3 > limits.bytes) requireAnswerBytes(Buffer.byteLength(body), limits, asked)
}

function listLimits(
  { limit, includes }: Asked,
  prefix = "",
): (Pick<FieldIssue, "path"> & { limit: number })[] {
  const own = limit === undefined ? [] : [{ path: `${prefix}limit`, limit }]
  const inner = includes.flatMap((include) => {
    const { relation, includes, limit } = include
    const path = `${prefix || "include."}${relation.name}.`
    return listLimits(relation.kind === "many" ? { limit, includes } : { includes }, path)
  })
  return [...own, ...inner]
}

const inMegabytes = (bytes: number): string =>
  bytes < 1e5 ? `${bytes} bytes` : `${(bytes / 1e6).toFixed(1)} MB`
