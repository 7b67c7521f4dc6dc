import { isKey } from "../resource/key.ts"
import type { Nested } from "../resource/resource.ts"

/** A relation, and the resource below whose rows it is. */
type Below = Pick<Nested, "relation" | "within">

/** Whether a row has a list of the rows that a relation leads to. */
export const isListedBelow = ({ relation: { kind, local, via }, within: { keys } }: Below): boolean =>
  kind === "many" && keys.length > 0 && (!via || isKey(keys, local))

/** Whether rows are created in that list: a create takes the parent's key for the reference. */
export const isCreatedBelow = (below: Below): boolean =>
  isListedBelow(below) && !below.relation.via && isKey(below.within.keys, below.relation.local)
