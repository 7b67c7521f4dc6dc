import { columnSql } from "../db/dialect/expressions.ts"
import * as z from "../lib/zod.ts"
import { readBy } from "./checked.ts"
import { Invalid, type MakeType, usual } from "./type.ts"

/** JSON Schema's word, which OpenAPI 3.1 has and the types of its generator lack. */
const documented = { contentEncoding: "base64" } as object

const invalid = new Invalid("must be base64", "invalid_base64")

/** Reads base64 of either alphabet, padded or not, into the usual one. */
function parse(text: string): string | Invalid {
  const plain = text
    .replaceAll("-", "+")
    .replaceAll("_", "/")
    .replace(/={0,2}$/, "")
  const written = Buffer.from(plain, "base64").toString("base64")
  // Node skips what is no digit, and bits that make no byte.
  return written.replace(/=+$/, "") === plain ? written : invalid
}

/** How many bytes base64 has, which is padded. */
const sizeOf = (text: string): number => (text.length / 4) * 3 - (/=*$/.exec(text)?.[0].length ?? 0)
/** Characters of padded base64 of so many bytes. */
const lengthOf = (bytes: number): number => Math.ceil(bytes / 3) * 4

function within(text: string, max: number | undefined): string | Invalid {
  const written = parse(text)
  return written instanceof Invalid || max === undefined || sizeOf(written) <= max
    ? written
    : new Invalid(`must have at most ${max} bytes`, "out_of_range")
}

/** Bytes, as base64. They are equal or not, and have no order. */
export const bytes: MakeType = (spec) => ({
  ...usual,
  operators: ["eq"],
  // A plus sign in a query string means a space.
  parse: (text) => parse(text.replaceAll(" ", "+")),
  parseCell: (text) => within(text, spec.max),
  accepts: (value) => typeof value === "string" && parse(value) === value,
  input: () =>
    readBy(z.string(), (text) => within(text, spec.max)).openapi({
      ...documented,
      ...(spec.max !== undefined && { maxLength: lengthOf(spec.max) }),
    }),
  output: () => z.string().openapi(documented),
  example: () => spec.example ?? (spec.max !== undefined && spec.max < 4 ? "Vw==" : "V2Vpcg=="),
  minBytes: 2,
  maxBytes: spec.max === undefined ? Number.POSITIVE_INFINITY : lengthOf(spec.max) + 2,
  measured: true,
  sql: columnSql(spec),
})
