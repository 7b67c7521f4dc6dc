import type { Field, Resource } from "../../../src/weir/resource/resource.ts"

type Row = Record<string, unknown>
type Keyed = Pick<Resource, "name" | "keys">

/** A row's key as a path has it: its columns' values in the key's order, percent-encoded, with commas between them. */
export const segmentOf = ({ keys }: Keyed, row: Row): string =>
  keys.map((key) => encodeURIComponent(String(row[key]))).join(",")

/** The path of a row. */
export const pathOf = (resource: Keyed, row: Row): string => `/${resource.name}/${segmentOf(resource, row)}`

/** The order of the key, as in `sort=`: `-` for descending. */
export const keySort = ({ keys }: Keyed, direction: "" | "-" = ""): string =>
  keys.map((key) => `${direction}${key}`).join(",")

/** The filters that find a row by its key. */
export const keyFilter = ({ keys }: Keyed, row: Row): string =>
  keys.map((key) => `${key}=${encodeURIComponent(String(row[key]))}`).join("&")

/** Some members of a row. */
export const only = (row: Row, names: readonly string[]): Row =>
  Object.fromEntries(names.map((name) => [name, row[name]]))

/** Values that no row has in a field that keys and references are made of; none where each value may be there. */
export function absentValues({ spec }: Field): unknown[] {
  const { type, max, length, values, pattern } = spec
  switch (type) {
    case "id":
      return [2 ** 31, 2 ** 50, Number.MAX_SAFE_INTEGER]
    case "integer":
      return max === undefined ? [2 ** 31, 2 ** 50, Number.MAX_SAFE_INTEGER] : [max, max - 1]
    case "bigint":
      return ["9223372036854775807"]
    case "uuid":
      return ["ffffffff-ffff-4fff-8fff-ffffffffffff"]
    case "text":
      return values ? [] : textsOf(pattern).map((text) => text.slice(0, length ?? max))
    case "timestamp":
      return spec.unit === "s" ? ["9998-12-31T23:59:59.000Z"] : ["9998-12-31T23:59:59Z"]
    case "date":
      return ["9998-12-31"]
    default:
      return []
  }
}

/** Texts that no sample is, and that have the form of a column. */
const textsOf = (pattern: string | undefined): string[] =>
  ["~ no such row", "zzz-1125899906842624"].filter((text) => !pattern || new RegExp(pattern, "u").test(text))

/** The path segment of a row that is not there; undefined where the values of a key are too few. */
export function absentSegment(resource: Pick<Resource, "name" | "keys" | "fields">): string | undefined {
  const row: Row = {}
  for (const key of resource.keys) {
    const [value] = absentValues(resource.fields[key] as Field)
    if (value === undefined) return undefined
    row[key] = value
  }
  return segmentOf(resource, row)
}
