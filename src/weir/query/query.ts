import type { JsonKind } from "../fields/json-places.ts"
import type { Operator } from "../fields/operators.ts"
import type { StorageClass } from "../fields/type.ts"
import type { Field, Relation, Resource } from "../resource/resource.ts"
import type { ViewerKind } from "../resource/viewer.ts"
import type { Condition } from "./condition.ts"
import type { Step } from "./place.ts"
import type { PlacesWithin } from "./places-within.ts"
import type { SearchQuery } from "./search.ts"

/** Rows of a page: at most, and by default. */
export const maxLimit = 1000
export const defaultLimit = 100
/** How many relations deep a client may go. */
export const maxDepth = 3

/** The operators that make sense for a field. */
export const operatorsOf = ({ type, nullable }: Field): readonly Operator[] =>
  nullable ? [...type.operators, "is_null"] : type.operators

/** A condition on a field, here or through relations. Its value is bound under `param`. */
export interface Filter {
  through: Relation[]
  field: Field
  operator: Operator
  param: string
  /** For `is_null` and `exists`, whose operand is part of the shape: what they must be. */
  isNull?: boolean
  /** A second comparison of the same value. */
  also?: { operator: Operator; param: string }
  /** Where in the field's JSON, and what it is compared with there, instead of `param`. */
  place?: PlaceFilter
}

/** A comparison of a place in JSON: with all of the terms or any, or not so. */
export interface PlaceFilter {
  steps: Step[]
  terms: { operator: Operator; kind: JsonKind; param: string }[]
  isAny: boolean
  isNegated: boolean
}

/** A place in a field's JSON, of which a sort key is a part: its kind first, then its number and its text. */
export interface PlaceKey {
  of: Field
  steps: Step[]
  part: "rank" | "number" | "text"
}

/** What rows are sorted by. */
export type SortField = Pick<Field, "name" | "spec" | "type" | "nullable" | "read">

export interface SortKey {
  field: SortField
  descending: boolean
  /** Where the field stands for a place in the JSON of another. */
  place?: PlaceKey
}

/** What to read of one resource, without the values: these are bound by name. */
export interface Selection {
  /** The fields asked for, in the table's order; undefined for all that the viewer may see. */
  fields: Set<string> | undefined
  /** Of which fields only some members of their JSON are asked for, and which. */
  members: Map<string, PlacesWithin[]>
  filters: Filter[]
  /** What else must hold: places in JSON, and trees of filters. */
  conditions: Condition[]
  includes: Include[]
  /** Which related rows are counted. */
  counts?: RowCount[]
  /** Whether each row has its validator as a member. */
  version?: boolean
}

/** All fields of a row, without embeds. */
export const wholeRow: Selection = {
  fields: undefined,
  members: new Map(),
  filters: [],
  conditions: [],
  includes: [],
}

/** A count of a row's related rows. */
export type RowCount = Pick<Include, "relation" | "filters" | "conditions">

/** An embedded resource. */
export interface Include extends Selection {
  relation: Relation
  sort: SortKey[]
  limit: number
  /** The name of the bound offset, if there is one. */
  skip: string | undefined
}

/** Where a page begins: beyond a cursor, whose parts are bound as `c0`, `c1`, …, the row's key as the last. */
export interface FromCursor {
  cursor: "after" | "before"
  /**
   * What each part is: a value, null, the beginning of a text that is looked up by the row's key, or the digits of a value
   * of another kind than the column's.
   */
  parts: ("value" | "null" | "cut" | StorageClass)[]
  /** In which rows a text is looked up, and for whom. */
  resource: Resource
  viewer: ViewerKind
}

/** A list to read. */
export interface ListQuery extends Selection {
  resource: Resource
  viewer: ViewerKind
  sort: SortKey[]
  /** From the start, or from a cursor on. */
  from: { cursor: "start" } | FromCursor
  /** Part of the shape, not a value: Postgres plans a statement anew for each limit that it is given. */
  limit: number
  /**
   * Where rows are skipped, a bound on those that are skipped and read: a power of two, since it is part of the shape.
   */
  skipWithin: number | undefined
  count: boolean
  /** Whether the rows are counted roughly, by a statement of its own. */
  estimate: boolean
  /** A full-text search that the rows match. */
  search: SearchQuery | undefined
  /** Only the rows of one parent, whose key is bound as `parentKey`. */
  parent: Relation | undefined
  /** The resource that the parent is a row of. */
  within: Resource | undefined
}

/** Values bound to a statement by name. */
export type Values = Record<string, string | number | boolean | null | undefined>

/** The canonical text of a sort: part of a statement's shape, and what a cursor belongs to. */
export const sortText = (sort: SortKey[]): string =>
  sort.map(({ field, descending }) => (descending ? `-${field.name}` : field.name)).join(",")
