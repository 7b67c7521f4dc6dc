import type { PostgresType } from "postgres"
import { parseArray } from "../../lib/postgres-array.ts"

type ValueType = Omit<PostgresType, "serialize"> & Partial<Pick<PostgresType, "serialize">>

/** A type of values, by the OIDs of its arrays and how an element of these is parsed. */
const arrays = (name: string, oids: number[], parse?: (text: string) => unknown): [string, ValueType] => [
  name,
  {
    to: oids[0] as number,
    from: oids,
    parse: (text: string) => parseArray(text, parse),
  },
]

const json = (text: string): unknown => JSON.parse(text)

/**
 * How values are sent and parsed, by the OIDs of their types. Text for a JSON column is JSON already, for which
 * postgres.js would make a JSON string of it. Text for dates and times is sent as it is, and comes as it is: a Date has
 * milliseconds only, and would take a time without a zone for one of the server's. Arrays come parsed: postgres.js would
 * have to query their types. Those of numeric, dates and timestamps come as text, as Drizzle has it.
 */
export const valueTypes: Record<string, ValueType> = {
  json: {
    to: 114,
    from: [114, 3802],
    serialize: (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value)),
    parse: json,
  },
  date: {
    to: 1184,
    from: [1082, 1114, 1184],
    serialize: (value: string | number | Date) =>
      typeof value === "string" ? value : new Date(value).toISOString(),
    parse: (text: string) => text,
  },
  ...Object.fromEntries([
    // bool; int2, int4, float4, float8, oid; json, jsonb; bytea.
    arrays("booleans", [1000], (text) => text === "t"),
    arrays("numbers", [1005, 1007, 1021, 1022, 1028], Number),
    arrays("jsons", [199, 3807], json),
    arrays("bytes", [1001], (text) => Buffer.from(text.slice(2), "hex")),
    // text, varchar, bpchar, name; int8; uuid; time, timetz, interval.
    arrays("texts", [1009, 1015, 1014, 1003]),
    arrays("digits", [1016]),
    arrays("uuids", [2951]),
    arrays("times", [1183, 1270, 1187]),
    // inet, cidr, macaddr, macaddr8; point, line; bit, varbit.
    arrays("addresses", [1041, 651, 1040, 775]),
    arrays("points", [1017, 629]),
    arrays("bits", [1561, 1563]),
  ]),
}
