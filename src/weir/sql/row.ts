import type { SQL } from "drizzle-orm"
import { sql } from "drizzle-orm"
import { isSystemMember } from "../db/dialect/collections.ts"
import { expressions } from "../db/dialect/expressions.ts"
import type { NamedSql } from "../db/dialect/page.ts"
import type { Field } from "../resource/resource.ts"
import { maxRowRules, type RowSql, type Rule } from "../resource/rules.ts"
import type { ViewerSql } from "../resource/viewer.ts"

/** A member of a row's JSON; with `when`, only in rows where the rule holds. */
export interface Member {
  name: string
  value: SQL
  when: Rule | undefined
  /** Whether the value is a document, whose members stand in its row's JSON. */
  spread?: boolean
  /** Whether a document may hold a member of that name beside. */
  hides?: boolean
}

/** The members of a row's JSON, and the conditions that some of them depend on. */
export interface RowShape {
  members: Member[]
  conditions: Map<Rule, SQL>
}

/** The members for the fields that the viewer may see, in the table's order. */
export function visibleMembers(
  fields: Field[],
  row: RowSql,
  viewer: ViewerSql,
  render: (field: Field, column: SQL) => SQL,
): RowShape {
  const members: Member[] = []
  const conditions: RowShape["conditions"] = new Map()
  for (const field of fields) {
    const outcome = field.read(row, viewer)
    if (outcome === false) continue
    if (outcome !== true) conditions.set(field.read, outcome)
    const value = render(field, row(field.name))
    const when = outcome === true ? undefined : field.read
    const { document, reference } = field.spec
    members.push({
      name: field.name,
      value,
      when,
      ...(document && { spread: true }),
      ...(reference && !isSystemMember(field.name) && { hides: true }),
    })
  }
  if (conditions.size > maxRowRules)
    throw new Error(`A resource may have at most ${maxRowRules} different row rules for reading fields`)
  return { members, conditions }
}

/** The JSON object of a row: one variant for each outcome of its conditions, so that a hidden field is absent. */
export const rowObject = (shape: RowShape): SQL => variantsOf(shape, false)

/** The same as text, for what is no part of other JSON: the database need not read a document again. */
export const rowText = (shape: RowShape): SQL =>
  variantsOf(
    shape,
    shape.members.some(({ spread }) => spread),
  )

function variantsOf({ members, conditions }: RowShape, isText: boolean): SQL {
  const [first, ...rest] = conditions
  if (!first) return objectOf(members, isText)
  const [rule, condition] = first
  const remaining = new Map(rest)
  const shown = variantsOf({ members, conditions: remaining }, isText)
  const hidden = variantsOf(
    { members: members.filter((m) => m.when !== rule), conditions: remaining },
    isText,
  )
  return sql`case when ${condition} then ${shown} else ${hidden} end`
}

/** An object of members; those of a document come after the others. */
function objectOf(members: Member[], isText: boolean): SQL {
  const as = (object: SQL): SQL => (isText ? expressions.jsonText(object) : object)
  const document = members.find(({ spread }) => spread)
  if (!document) return as(expressions.jsonObject(named(members)))
  const others = members.filter((member) => member !== document)
  if (others.length === 0) return as(expressions.onlyMembers(document.value))
  // A relation and a reference come before a member of their name.
  const hiding = others.flatMap(({ name, hides }) => (hides ? [name] : []))
  const value = hiding.length ? expressions.withoutMembers(document.value, hiding) : document.value
  return expressions[isText ? "withMembersText" : "withMembers"](named(others), value)
}

/** The members as plain columns, where every row has them all. */
export const plainEntries = ({ conditions, members }: RowShape): NamedSql[] | undefined =>
  conditions.size === 0 && !members.some(({ spread }) => spread) ? named(members) : undefined

const named = (members: Member[]): NamedSql[] => members.map((m) => [m.name, m.value])
