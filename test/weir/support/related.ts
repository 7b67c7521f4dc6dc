import type { Resource } from "../../../src/weir/resource/resource.ts"
import { isOpen } from "../../../src/weir/resource/rules.ts"
import { pathOf } from "./keys.ts"
import { type Maker, type Person, type Referring, type Row, referencesOf, type Setting } from "./samples.ts"

/** How far up the rows that a row refers to are looked at. */
const generations = 3

/** Whether one reference leads to the rows that hold these values. */
const isTo = ({ target, foreign }: Referring, resource: Resource, row: Row): boolean =>
  target === resource && foreign.every((column) => row[column] !== undefined && row[column] !== null)

/** The row, and those that it refers to, as the admin sees them. */
async function lineage(
  { api, call, root }: Setting,
  resource: Resource,
  row: Row,
): Promise<[Resource, Row][]> {
  const found: [Resource, Row][] = []
  let here: [Resource, Row][] = [[resource, row]]
  for (let depth = 0; depth < generations && here.length > 0; depth++) {
    const above: [Resource, Row][] = []
    for (const [at, known] of here) {
      const read = await call("GET", `${pathOf(at, known)}?include=`, { token: root.token })
      const whole = read.status === 200 ? (read.body as Row) : known
      found.push([at, whole])
      for (const { columns, target, foreign } of referencesOf(api, at)) {
        const parent = Object.fromEntries(columns.map((column, i) => [foreign[i] as string, whole[column]]))
        const isWhole = target.keys.length > 0 && target.keys.every((key) => (parent[key] ?? null) !== null)
        if (isWhole && !target.holdsViewers) above.push([target, parent])
      }
    }
    here = above
  }
  return found
}

/**
 * Relates a person to a row, as memberships do, whatever they are called: makes rows that refer to the person, and to the
 * row or one that it refers to.
 */
export async function relate(w: Setting, maker: Maker, resource: Resource, row: Row, person: Person) {
  const rows = await lineage(w, resource, row)
  for (const link of w.api.resources) {
    const references = referencesOf(w.api, link).filter(({ columns }) => columns.length === 1)
    const toPerson = references.find(({ target }) => target.holdsViewers)
    if (!toPerson || !isOpen(link.rules.read, w.kind)) continue
    for (const [target, values] of rows) {
      const toRow = references.find((one) => one !== toPerson && isTo(one, target, values))
      if (!toRow) continue
      const given = {
        [toRow.columns[0] as string]: values[toRow.foreign[0] as string],
        [toPerson.columns[0] as string]: person.row[toPerson.foreign[0] as string],
      }
      // What is unique in the link may be taken: the person is then related in another way, or not at all.
      await maker.insert(link, given).catch(() => undefined)
    }
  }
}
