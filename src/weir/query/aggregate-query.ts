import type { Aggregated, Unit } from "../fields/aggregates.ts"
import type { Field, Relation, Resource } from "../resource/resource.ts"
import type { Condition } from "./condition.ts"
import type { Step } from "./place.ts"
import type { ListQuery, SortField } from "./query.ts"

/** A field, here or through relations to one, or a place in its JSON. */
export interface Operand {
  through: Relation[]
  field: Field
  steps: Step[] | undefined
}

/** A member of the result. */
export interface ResultMember {
  /** As if a table had it. */
  field: Field
  /** What it is sorted by: itself, or the kind, the number and the text of a place in JSON. */
  keys: SortField[]
}

/** What rows are grouped by. */
export interface Group extends ResultMember {
  of: Operand
  /** Of an instant or a day, the length of time that it is in. */
  unit: Unit | undefined
}

/** What is made of the rows of a group. */
export interface Aggregate extends ResultMember {
  /** As it is asked for: `sum(price)`. */
  text: string
  /** Undefined for the number of rows. */
  of: Operand | undefined
  /** How it is made, or which end of the values at a place in JSON it is. */
  aggregated: Aggregated | "min" | "max"
}

/** Aggregates to read, a page of groups at a time. */
export interface AggregateQuery
  extends Pick<
    ListQuery,
    | "resource"
    | "viewer"
    | "filters"
    | "conditions"
    | "search"
    | "sort"
    | "from"
    | "limit"
    | "count"
    | "parent"
    | "within"
  > {
  groups: Group[]
  aggregates: Aggregate[]
  /** What the groups must be. */
  having: Condition[]
  /** The zone of lengths of time, bound as `zone`. */
  zone: string
  skips: boolean
  /** The rows of the result, as if a table had them. */
  result: Resource
}

/** The members of a result: its groups, then its aggregates. */
export const membersOf = ({
  groups,
  aggregates,
}: Pick<AggregateQuery, "groups" | "aggregates">): ResultMember[] => [...groups, ...aggregates]
