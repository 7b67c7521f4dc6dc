/** The operators of filters, in the order of the documents. */
export const operators = [
  "eq",
  "ne",
  "gt",
  "gte",
  "lt",
  "lte",
  "in",
  "nin",
  "between",
  "contains",
  "starts_with",
  "icontains",
  "istarts_with",
  "ilike",
  "is_null",
  "exists",
] as const
export type Operator = (typeof operators)[number]

/** For values that are equal or not. */
export const equality: readonly Operator[] = ["eq", "ne"]
/** For values with an order. */
export const comparison: readonly Operator[] = ["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "between"]
/** For parts of a text. Those with an `i` do not tell A-Z from a-z. */
export const partial: readonly Operator[] = ["contains", "starts_with", "icontains", "istarts_with", "ilike"]
/** For what stands at a place in JSON, whatever it is. */
export const ofPlaces: readonly Operator[] = [...comparison, ...partial, "is_null", "exists"]
