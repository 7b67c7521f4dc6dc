import { sql } from "drizzle-orm"
import { expect, test } from "vitest"
import { render } from "../../../src/weir/db/dialect/postgres/sql.ts"
import { columnSql } from "../../../src/weir/db/dialect/postgres/types.ts"
import { fieldType } from "../../../src/weir/fields/types.ts"

test("a vector of pgvector is its own text, which is JSON", () => {
  const { json, bind, typed, encode, fromElement, toElement } = columnSql({
    type: "vector",
    inferred: true,
    sqlType: "vector",
    dimensions: 3,
  })
  const text = (expression: ReturnType<typeof json>) => render(expression).text
  expect(text(json(sql`v`))).toBe("v::text::json")
  expect(text(bind(sql`${"[1,2,3]"}`))).toBe("$1::vector")
  expect(text(typed(bind(sql`${"[1,2,3]"}`)))).toBe("$1::vector::vector")
  expect(text(fromElement(sql`value`, 2))).toBe("(value ->> 2)::vector")
  expect(encode([1, 2.5, -3e-7])).toBe("[1,2.5,-3e-7]")
  expect(toElement(encode([1]))).toBe("[1]")
  expect(encode(null)).toBeNull()
})

test("an answer has a vector only where it is asked for, and nothing compares it", () => {
  const type = fieldType({ type: "vector", dimensions: 3 })
  expect([type.heavy, type.operators]).toEqual([true, []])
  expect(type.input().safeParse([1, 2, 3]).success).toBe(true)
  expect(type.input().safeParse([1, 2]).success).toBe(false)
  expect(type.output().safeParse(type.example()).success).toBe(true)
})
