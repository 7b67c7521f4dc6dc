import type { Field, Resource } from "../../../src/weir/resource/resource.ts"

/** The only column of a resource's key. */
export const keyOf = ({ keys }: Pick<Resource, "keys">): string => keys[0] as string

const absent: Record<string, unknown> = {
  uuid: "ffffffff-ffff-7fff-bfff-ffffffffffff",
  text: "zzz-1125899906842624",
  bigint: "1125899906842624",
}

/** Values of such a column that no row has, beside numbers. */
export const absentOf = ({ spec }: Field): unknown[] => (spec.type in absent ? [absent[spec.type]] : [])

/** A key that no row has, as a path has it. */
export const absentKey = (resource: Resource): unknown =>
  absentOf(resource.fields[keyOf(resource)] as Field)[0] ?? 2 ** 50
