import { columnSql } from "../db/dialect/expressions.ts"
import { noNul, notStorable, storable } from "../lib/storable.ts"
import * as z from "../lib/zod.ts"
import { readBy } from "./checked.ts"
import type { Operator } from "./operators.ts"
import { Invalid, type MakeType, usual } from "./type.ts"

const operators: readonly Operator[] = ["eq", "ne", "in", "nin"]
const invalid = new Invalid(notStorable, "invalid_text")
const parse = (text: string): string | Invalid => (storable(text) ? text : invalid)

const examples: Record<string, string> = {
  inet: "192.0.2.1",
  cidr: "192.0.2.0/24",
  macaddr: "08:00:2b:01:02:03",
  macaddr8: "08:00:2b:01:02:03:04:05",
  ltree: "top.below",
  xml: "<example/>",
}

/** Text that the database reads, and refuses where it cannot: addresses of networks and the like. */
export const opaque: MakeType = (spec) => ({
  ...usual,
  // XML does not compare.
  operators: spec.sqlType === "xml" ? [] : operators,
  parse,
  parseCell: parse,
  accepts: (value) => typeof value === "string" && storable(value),
  input: () => readBy(z.string(), parse).openapi({ pattern: noNul }),
  output: () => z.string(),
  example: () => spec.example ?? examples[spec.sqlType ?? ""] ?? "example",
  minBytes: 2,
  maxBytes: Number.POSITIVE_INFINITY,
  measured: true,
  sql: columnSql(spec),
})
