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
  "contains",
  "starts_with",
  "is_null",
] as const
export type Operator = (typeof operators)[number]

/** For values that are equal or not. */
export const equality: readonly Operator[] = ["eq", "ne"]
/** For values with an order. */
export const comparison: readonly Operator[] = ["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin"]
