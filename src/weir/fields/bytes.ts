import { z } from "@hono/zod-openapi"
import { columnSql } from "../db/dialect/expressions.ts"
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

/** Bytes, as base64. They are equal or not, and have no order. */
export const bytes: MakeType = (spec) => ({
  ...usual,
  operators: ["eq"],
  // A plus sign in a query string means a space.
  parse: (text) => parse(text.replaceAll(" ", "+")),
  parseCell: parse,
  accepts: () => false,
  input: () => readBy(z.string(), parse).openapi(documented),
  output: () => z.string().openapi(documented),
  example: () => spec.example ?? "V2Vpcg==",
  minBytes: 2,
  maxBytes: Number.POSITIVE_INFINITY,
  measured: true,
  sql: columnSql(spec),
})
