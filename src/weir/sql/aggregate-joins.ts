import { type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import type { JsonPlace, PlaceParts } from "../db/dialect/json-path.ts"
import type { Operand } from "../query/aggregate-query.ts"
import type { Step } from "../query/place.ts"
import { isKey, keyFields } from "../resource/key.ts"
import type { Relation, Resource } from "../resource/resource.ts"
import { clause, conjunction, type RowSql } from "../resource/rules.ts"
import type { ViewerSql } from "../resource/viewer.ts"
import { tableOf } from "./columns.ts"
import { related } from "./filters.ts"
import { type Aliases, placeOf } from "./where.ts"

/**
 * The rows that others refer to, joined once for all that is asked of them. A row that the viewer may not see counts as
 * none.
 */
export class Joins {
  readonly clauses: SQL[] = []
  private readonly rows = new Map<string, RowSql>()
  private readonly root: RowSql
  private readonly viewer: ViewerSql
  private readonly aliases: Aliases

  constructor(root: RowSql, viewer: ViewerSql, aliases: Aliases) {
    this.root = root
    this.viewer = viewer
    this.aliases = aliases
  }

  /** The column of an operand; null where the viewer may not read it. */
  columnOf({ through, field }: Operand): SQL {
    const row = this.rowAt(through)
    return shownIf(field.read(row, this.viewer), row(field.name))
  }

  /** A place in the JSON of an operand, which says nothing where the viewer may not read it. */
  placeOf({ through, field }: Operand, steps: Step[]): PlaceParts & Pick<JsonPlace, "grouped"> {
    const row = this.rowAt(through)
    const visible = field.read(row, this.viewer)
    const { rank, number, text, grouped } = placeOf(field, row(field.name), steps)
    return {
      rank: shownIf(visible, rank),
      number: shownIf(visible, number),
      text: shownIf(visible, text),
      grouped: grouped.map((part) => shownIf(visible, part)),
    }
  }

  private rowAt(through: Relation[]): RowSql {
    const relation = through.at(-1)
    if (!relation) return this.root
    const path = through.map(({ name }) => name).join(".")
    const known = this.rows.get(path)
    if (known) return known
    const row = this.joined(relation, this.rowAt(through.slice(0, -1)))
    this.rows.set(path, row)
    return row
  }

  private joined(relation: Relation, outer: RowSql): RowSql {
    const { target, foreign, isUnique } = relation
    const here = this.aliases.next(target)
    const isFound = ({ row }: Aliased): (SQL | boolean)[] => [
      related(relation, outer, row, this.viewer, this.aliases),
      target.rules.read(row, this.viewer),
    ]
    const conditions = isFound(here)
    if (!isUnique && !isKey(target.keys, foreign)) {
      const other = this.aliases.next(target)
      const earlier = clause(conjunction([...isFound(other), isBefore(target, other, here)]))
      conditions.push(sql`not exists (select 1 from ${tableOf(target)} ${other.alias} where ${earlier})`)
    }
    this.clauses.push(sql` left join ${tableOf(target)} ${here.alias} on ${clause(conjunction(conditions))}`)
    return here.row
  }
}

const shownIf = (visible: SQL | boolean, value: SQL): SQL =>
  typeof visible === "boolean" ? value : sql`case when ${visible} then ${value} end`

type Aliased = ReturnType<Aliases["next"]>

/** Whether a row comes before another of its table: of several that a relation to one may find, the first counts. */
function isBefore(target: Resource, a: Aliased, b: Aliased): SQL {
  const place = ({ alias, row }: Aliased): SQL =>
    sql.join(
      target.keys.length
        ? keyFields(target).map(({ name, type }) => type.ordered(row(name)))
        : [expressions.rowNumber(alias)],
      sql`, `,
    )
  return sql`(${place(a)}) < (${place(b)})`
}
