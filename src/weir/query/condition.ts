import type { Relation } from "../resource/resource.ts"
import type { Filter } from "./query.ts"

/** Which of a row's related rows must pass. */
export type Quantifier = "some" | "none" | "every"

/**
 * A condition on rows, of comparisons. It holds or does not: a comparison with null does not hold, and what does not
 * hold is what `not` is true of.
 */
export type Condition =
  | { kind: "comparison"; filter: Filter }
  | { kind: "and" | "or"; parts: Condition[] }
  | { kind: "not"; part: Condition }
  | { kind: "related"; relation: Relation; quantifier: Quantifier; part: Condition }

/** All of the conditions, or undefined for none. */
export function allOf(parts: Condition[]): Condition | undefined {
  return parts.length > 1 ? { kind: "and", parts } : parts[0]
}

/** The comparisons of a condition, with all relations that lead to each. */
export function comparisonsOf(condition: Condition | undefined, through: Relation[] = []): Filter[] {
  if (!condition) return []
  switch (condition.kind) {
    case "comparison":
      return [{ ...condition.filter, through: [...through, ...condition.filter.through] }]
    case "not":
      return comparisonsOf(condition.part, through)
    case "related":
      return comparisonsOf(condition.part, [...through, condition.relation])
    default:
      return condition.parts.flatMap((part) => comparisonsOf(part, through))
  }
}
