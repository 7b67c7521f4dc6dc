import { historySql } from "../db/dialect/expressions.ts"
import type { Row } from "../db/driver.ts"
import { memo } from "../lib/memo.ts"
import { Pace } from "../lib/pace.ts"
import { invalid, type Problem } from "../problem.ts"
import type { Values } from "../query/query.ts"
import { type Resource, secretOf } from "../resource/resource.ts"
import { writable } from "../resource/schemas.ts"
import { type ViewerKind, viewerKinds } from "../resource/viewer.ts"
import { elementOf } from "../sql/bulk.ts"
import { areIndependent, compileCreates, type RowsShape } from "../sql/insert-many.ts"
import { ownValue, ownValues, type Plan, planOf, withValues } from "../sql/plan.ts"
import { keysAmong } from "../sql/rows-of-keys.ts"
import type { Call } from "./call.ts"
import { claimsOfRow } from "./claims.ts"
import type { Write } from "./commit.ts"

/** Most rows of one create: fewer where each is a statement of its own, or costs a password's hash. */
const most = { together: 10_000, oneByOne: 1_000, secret: 10 }

/** Most rows of a statement, and most characters of their JSON: D1 takes 2 MB in a value. */
const maxRows = 500
const maxCharacters = 400_000
/** Most sets of members that the rows of an array may have: for each, a statement is made. */
const maxShapes = 500
const tooManyShapes = (): Problem =>
  invalid("The body is not valid", [
    {
      path: "body",
      message: `must hold rows of at most ${maxShapes} different sets of members: send them in parts`,
      code: "too_many",
    },
  ])
/** So many rows hold nobody up. */
const fewRows = 100

const shapes = memo(500)

const isTogether = (resource: Resource, kind: ViewerKind, shape: RowsShape): boolean =>
  shapes(resource, `${kind}:${shape.columns}:${shape.chosen}`, () => ({
    yes: areIndependent(resource, kind, shape),
  })).yes

/** Most rows of one create of a resource. */
export function maxCreateRows(resource: Resource): number {
  if (secretOf(resource)) return most.secret
  const columns = writable(resource).map(({ name }) => name)
  const areAll = viewerKinds().every((kind) => isTogether(resource, kind, { columns, chosen: columns }))
  return areAll && !resource.holdsViewers ? most.together : most.oneByOne
}

/** Most rows of one create of this request: of some, the database can keep account only where they come one by one. */
export const maxCreatesOf = ({ recording, collector }: Call, resource: Resource): number =>
  collector || (recording && resource.history && historySql.lastWrite)
    ? Math.min(maxCreateRows(resource), most.oneByOne)
    : maxCreateRows(resource)

/** A row to be created: its encoded columns, and those of them that its client chose. */
export interface NewRow {
  columns: Values
  chosen: string[]
}

/** Rows of one statement: their places in the request, and their columns as JSON. */
export interface RowGroup {
  shape: RowsShape
  places: number[]
  list: string
  /** What others wait for that write the same rows. */
  claims: (string | number)[]
}

/** Puts rows with the same columns together, as many as one statement may have: `inOrder`, where they follow each other. */
export async function grouped(resource: Resource, rows: NewRow[], inOrder: boolean): Promise<RowGroup[]> {
  const groups: RowGroup[] = []
  const names = new Set<string>()
  const open = new Map<string, { group: RowGroup; texts: string[]; size: number }>()
  const pace = new Pace(8)
  for (const [i, { columns, chosen }] of rows.entries()) {
    const shape = { columns: Object.keys(columns), chosen }
    const name = `${shape.columns}:${chosen}`
    if (names.add(name).size > maxShapes) throw tooManyShapes()
    const text = JSON.stringify(elementOf(resource, columns))
    let current = open.get(name)
    if (!current || current.texts.length === maxRows || current.size + text.length > maxCharacters) {
      for (const [other, { group, texts }] of open)
        if (inOrder || other === name) {
          group.list = `[${texts}]`
          open.delete(other)
        }
      current = { group: { shape, places: [], list: "", claims: [] }, texts: [], size: 0 }
      open.set(name, current)
      groups.push(current.group)
    }
    current.group.places.push(i)
    current.group.claims.push(...claimsOfRow(resource, columns))
    current.texts.push(text)
    current.size += text.length
    if (pace.isOver()) await pace.rest()
  }
  for (const { group, texts } of open.values()) group.list = `[${texts}]`
  return groups
}

const planOfMany = (resource: Resource, kind: ViewerKind, shape: RowsShape): Plan =>
  planOf(resource, `creates:${kind}:${shape.columns}:${shape.chosen}`, () =>
    compileCreates(resource, kind, shape),
  )

/** Whether rows of such groups may be written by one statement each: they do not depend on each other. */
export const areTogether = ({ viewer: { kind } }: Call, resource: Resource, groups: RowGroup[]): boolean =>
  !resource.holdsViewers &&
  !secretOf(resource) &&
  groups.every(({ shape }) => shape.columns.length > 0 && isTogether(resource, kind, shape))

/**
 * The writes of groups of rows, one for each; undefined where rows depend on each other, so that each must be written
 * before the next.
 */
export async function writesTogether(
  call: Call,
  resource: Resource,
  groups: RowGroup[],
): Promise<Write[] | undefined> {
  const { recording, collector, viewer } = call
  const { kind } = viewer
  const isNumbered = recording && resource.history && historySql.lastWrite
  if ((collector && !collector.isRun) || isNumbered || !areTogether(call, resource, groups)) return undefined
  const writes: Write[] = []
  const pace = new Pace()
  for (const { shape, places, list, claims } of groups) {
    const plan = planOfMany(resource, kind, shape)
    const values = { [ownValue.rows]: list, ...ownValues(viewer) }
    const given = keysAmong(resource, shape.columns)
    writes.push({
      resource,
      verb: "insert",
      rows: given && { where: given, values },
      many: { places, list, columns: shape.columns },
      statement: { ...withValues(plan, values), many: places.length > fewRows, claims },
    })
    if (pace.isOver()) await pace.rest()
  }
  return writes
}

/** The rows that such writes return, by their places in the request. */
export function rowsInPlace(groups: RowGroup[], results: Row[][]): Row[] {
  const rows: Row[] = []
  for (const [i, { places }] of groups.entries())
    for (const [n, place] of places.entries()) {
      const row = results[i]?.[n]
      if (row) rows[place] = row
    }
  return rows
}
