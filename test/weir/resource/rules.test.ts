import { type SQL, sql } from "drizzle-orm"
import { SQLiteAsyncDialect } from "drizzle-orm/sqlite-core"
import { describe, expect, test } from "vitest"
import {
  admin,
  all,
  any,
  anyone,
  clause,
  conjunction,
  isOpen,
  nobody,
  owner,
  type Rule,
  self,
  signedIn,
  unboundViewer,
  viewerIs,
} from "../../../src/weir/resource/rules.ts"
import type { ViewerKind } from "../../../src/weir/resource/viewer.ts"

const dialect = new SQLiteAsyncDialect()
const row = (column: string): SQL => sql`${sql.identifier("t")}.${sql.identifier(column)}`
const kinds: ViewerKind[] = ["anonymous", "user", "admin"]

/** What a rule comes to for a kind of viewer: a boolean, or the text of its SQL. */
const outcome = (rule: Rule, kind: ViewerKind): boolean | string => {
  const made = rule(row, { ...unboundViewer(kind), id: sql`${7}` })
  return typeof made === "boolean" ? made : dialect.sqlToQuery(made).sql
}
const outcomes = (rule: Rule) => kinds.map((kind) => outcome(rule, kind))

describe("a rule", () => {
  const owned = '"t"."owner_id" = ?'
  const itself = '"t"."id" = ?'
  test.each<[string, Rule, (boolean | string)[]]>([
    ["anyone", anyone, [true, true, true]],
    ["nobody", nobody, [false, false, false]],
    ["signedIn", signedIn, [false, true, true]],
    ["admin", admin, [false, false, true]],
    ["owner", owner, [false, owned, true]],
    ["self", self, [false, itself, true]],
    ["viewerIs", viewerIs("author_id"), [false, '"t"."author_id" = ?', true]],
    ["all of none", all(), [true, true, true]],
    ["any of none", any(), [false, false, false]],
    ["all with nobody", all(anyone, nobody), [false, false, false]],
    ["any with anyone", any(nobody, owner, anyone), [true, true, true]],
    ["all of one", all(owner), [false, owned, true]],
    ["any of one", any(owner), [false, owned, true]],
    ["all, one of them closed", all(owner, admin), [false, false, true]],
    ["any, one of them closed", any(owner, admin), [false, owned, true]],
    ["all of two rows", all(owner, self), [false, `(${owned} and ${itself})`, true]],
    ["any of two rows", any(owner, self), [false, `(${owned} or ${itself})`, true]],
    ["any within all", all(signedIn, any(owner, self)), [false, `(${owned} or ${itself})`, true]],
    ["all within any", any(all(owner, self), self), [false, `((${owned} and ${itself}) or ${itself})`, true]],
  ])("%s", (_name, rule, expected) => {
    expect(outcomes(rule)).toEqual(expected)
    expect(kinds.map((kind) => isOpen(rule, kind))).toEqual(expected.map((one) => one !== false))
  })

  test("never holds the viewer's id in its text: one statement serves all of a kind", () => {
    const { sql: text, params } = dialect.sqlToQuery(
      owner(row, { ...unboundViewer("user"), id: sql`${7}` }) as SQL,
    )
    expect(text).not.toContain("7")
    expect(params).toEqual([7])
  })
})

describe("a conjunction", () => {
  const part = sql`a = 1`
  test("is closed by one that is closed, and asks nothing of those that are open", () => {
    expect(conjunction([true, false, part])).toBe(false)
    expect(conjunction([true, true])).toBe(true)
    expect(conjunction([])).toBe(true)
    expect(dialect.sqlToQuery(conjunction([true, part, part]) as SQL).sql).toBe("(a = 1 and a = 1)")
  })

  test("of alternatives keeps them together", () => {
    const either = any(owner, self)(row, { ...unboundViewer("user"), id: sql`${7}` })
    const { sql: text } = dialect.sqlToQuery(conjunction([part, either]) as SQL)
    expect(text).toBe('(a = 1 and ("t"."owner_id" = ? or "t"."id" = ?))')
  })

  test("as a clause is never empty", () => {
    expect(dialect.sqlToQuery(clause(true)).sql).toBe("1 = 1")
    expect(dialect.sqlToQuery(clause(false)).sql).toBe("1 = 0")
    expect(dialect.sqlToQuery(clause(part)).sql).toBe("a = 1")
  })
})
