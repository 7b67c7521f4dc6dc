import { columnSql } from "../db/dialect/expressions.ts"
import * as z from "../lib/zod.ts"
import { parseJson } from "./json.ts"
import { Invalid, type MakeType, usual } from "./type.ts"

/** A list of so many numbers. An answer has it only where it is asked for. */
export const vector: MakeType = (spec) => {
  const numbers = () =>
    spec.dimensions === undefined ? z.array(z.number()) : z.array(z.number()).length(spec.dimensions)
  return {
    ...usual,
    operators: [],
    parse: () => new Invalid("cannot be compared", "not_comparable"),
    parseCell: parseJson,
    toCell: JSON.stringify,
    accepts: () => false,
    input: numbers,
    output: numbers,
    example: () => Array<number>(spec.dimensions ?? 1).fill(0.5),
    minBytes: 2,
    maxBytes: Number.POSITIVE_INFINITY,
    measured: true,
    heavy: true,
    sql: columnSql(spec),
  }
}
