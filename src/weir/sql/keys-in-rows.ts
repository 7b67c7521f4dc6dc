import type { RowShape } from "./row.ts"
import type { SortExpression } from "./sort.ts"

/** A sort key whose values the rows of a list's body hold among their own members. */
export interface KeyInRow {
  name: string
  shows?: ((value: unknown) => boolean) | undefined
}

/** Whether every row's own members tell its position, but for values that are rare, unless keys must be `apart`. */
export const areInRows = (keys: SortExpression[], { members }: RowShape, apart: boolean): boolean =>
  keys.every(({ key: { field } }) => {
    const { position, shows } = field.type.sql
    const isShown = !position || (!apart && shows !== undefined && (!field.nullable || shows(null)))
    return isShown && members.some((m) => m.name === field.name && !m.when)
  })

export const keyInRow = ({ key: { field } }: SortExpression): KeyInRow => {
  const { position, shows } = field.type.sql
  return { name: field.name, shows: position && shows }
}
