import type { Resource } from "../../../src/weir/resource/resource.ts"

/** The only column of a resource's key. */
export const keyOf = ({ keys }: Pick<Resource, "keys">): string => keys[0] as string
