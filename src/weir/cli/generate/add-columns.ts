import type { RebuildOptions } from "./rebuild.ts"
import { mustBeFilled } from "./repair.ts"
import type { ColumnSnapshot, TableSnapshot } from "./snapshot.ts"

type ForeignKey = TableSnapshot["foreignKeys"][string]
type Part = "columns" | "foreignKeys" | "checkConstraints"

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Whether everything of a part of a table is in its next version as it was. */
const keeps = (before: TableSnapshot, after: TableSnapshot, part: Part): boolean =>
  Object.entries(before[part]).every(([key, value]) => same(value, after[part][key]))

/** What a part of a table has that its earlier version does not have. */
const added = <P extends Part>(
  before: TableSnapshot,
  after: TableSnapshot,
  part: P,
): TableSnapshot[P][string][] =>
  Object.entries(after[part]).flatMap(([key, value]) => (Object.hasOwn(before[part], key) ? [] : [value]))

const isOf = (column: ColumnSnapshot, { columnsFrom }: ForeignKey): boolean => columnsFrom[0] === column.name

/**
 * Whether one version of a table becomes the next by `ALTER TABLE … ADD COLUMN`, with CHECKs and references in it.
 * SQLite adds no primary keys, no columns with computed defaults, and no references with a default.
 */
export function canAddColumns(before: TableSnapshot, after: TableSnapshot, fill: boolean): boolean {
  const keepsAll =
    (["columns", "foreignKeys", "checkConstraints"] as const).every((part) => keeps(before, after, part)) &&
    same(before.uniqueConstraints, after.uniqueConstraints) &&
    same(before.compositePrimaryKeys, after.compositePrimaryKeys)
  const columns = added(before, after, "columns")
  const names = columns.map(({ name }) => name)
  return (
    keepsAll &&
    columns.every(
      (column) =>
        !column.primaryKey &&
        !(typeof column.default === "string" && column.default.startsWith("(")) &&
        !(fill && mustBeFilled(column)),
    ) &&
    added(before, after, "checkConstraints").every(({ value }) =>
      names.some((name) => value.includes(`"${name}"`)),
    ) &&
    added(before, after, "foreignKeys").every(
      (foreignKey) =>
        foreignKey.columnsFrom.length === 1 &&
        columns.some((column) => isOf(column, foreignKey) && !column.notNull && column.default === undefined),
    )
  )
}

/** Statements that add a table's new columns, with their CHECKs and references, and change its indexes. */
export async function addColumns(
  before: TableSnapshot,
  after: TableSnapshot,
  { empty, diff }: RebuildOptions,
): Promise<string[]> {
  const columns = added(before, after, "columns")
  const checks = added(before, after, "checkConstraints")
  const foreignKeys = added(before, after, "foreignKeys")
  // A CHECK over several new columns can stand only where all of them exist.
  const ownerOf = (value: string) => columns.findLast(({ name }) => value.includes(`"${name}"`))
  const constraintsOf = (column: ColumnSnapshot) =>
    [
      ...foreignKeys.filter((foreignKey) => isOf(column, foreignKey)).map(reference),
      ...checks
        .filter(({ value }) => ownerOf(value) === column)
        .map(({ name, value }) => `CONSTRAINT "${name}" CHECK(${value})`),
    ].map((constraint) => ` ${constraint}`)
  const { checkConstraints, foreignKeys: earlier, name } = before
  const plain = { ...after, checkConstraints, foreignKeys: earlier }
  const statements = await diff(
    { ...empty, tables: { [name]: before } },
    { ...empty, tables: { [name]: plain } },
  )
  return statements.map((statement) => {
    const [, columnName = ""] = /^ALTER TABLE `[^`]+` ADD `([^`]+)`/.exec(statement) ?? []
    const column = columns.find((candidate) => candidate.name === columnName)
    return column ? statement.replace(/;$/, `${constraintsOf(column).join("")};`) : statement
  })
}

function reference({ tableTo, columnsTo, onDelete, onUpdate }: ForeignKey): string {
  const actions = `ON UPDATE ${onUpdate ?? "no action"} ON DELETE ${onDelete ?? "no action"}`
  return `REFERENCES \`${tableTo}\`(\`${columnsTo.join("`,`")}\`) ${actions}`
}
