import { columnSql } from "../db/dialect/expressions.ts"
import type { FieldSpec } from "../db/dialect/field.ts"
import { isCidr, isInet, isMac, isMac8 } from "../lib/network.ts"
import { noNul, notStorable, storable } from "../lib/storable.ts"
import * as z from "../lib/zod.ts"
import { readBy } from "./checked.ts"
import type { Operator } from "./operators.ts"
import { Invalid, type MakeType, usual } from "./type.ts"

const operators: readonly Operator[] = ["eq", "ne", "in", "nin"]
const invalid = new Invalid(notStorable, "invalid_text")
/** What the texts of a type must be, where that is known before the database is asked. */
const checks: Record<string, { isRight: (text: string) => boolean; wrong: Invalid }> = {
  inet: { isRight: isInet, wrong: mustBe("an IP address, with or without the bits of its network") },
  cidr: { isRight: isCidr, wrong: mustBe("a network, such as 10.0.0.0/8, with no bits beyond its own") },
  macaddr: { isRight: isMac, wrong: mustBe("a MAC address of six bytes") },
  macaddr8: { isRight: isMac8, wrong: mustBe("a MAC address of eight bytes") },
}

function mustBe(what: string): Invalid {
  return new Invalid(`must be ${what}`, "invalid_value")
}

function parseOf({ sqlType = "" }: FieldSpec): (text: string) => string | Invalid {
  const check = Object.hasOwn(checks, sqlType) ? checks[sqlType] : undefined
  return (text) => {
    if (!storable(text)) return invalid
    return check && !check.isRight(text) ? check.wrong : text
  }
}

const examples: Record<string, string> = {
  inet: "192.0.2.1",
  cidr: "192.0.2.0/24",
  macaddr: "08:00:2b:01:02:03",
  macaddr8: "08:00:2b:01:02:03:04:05",
  ltree: "top.below",
  xml: "<example/>",
}

/** Text that the database reads, and refuses where it cannot: addresses of networks and the like. */
export const opaque: MakeType = (spec) => {
  const parse = parseOf(spec)
  return {
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
  }
}
