import type { PostgresType } from "postgres"

/** An instant that is finer than a JavaScript Date. */
const fine = /\.\d{4,}Z$/

/**
 * How values are sent, by the OIDs of their types. Text for a JSON column is JSON already, and fine instants are sent
 * as they are: postgres.js would make a JSON string of the one, and cut the others down to milliseconds.
 */
export const valueTypes: Record<"json" | "date", PostgresType> = {
  json: {
    to: 114,
    from: [114, 3802],
    serialize: (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value)),
    parse: (text: string): unknown => JSON.parse(text),
  },
  date: {
    to: 1184,
    from: [1082, 1114, 1184],
    serialize: (value: string | Date) =>
      typeof value === "string" && fine.test(value) ? value : new Date(value).toISOString(),
    parse: (text: string) => new Date(text),
  },
}
