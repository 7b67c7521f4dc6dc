import { sql } from "drizzle-orm"
import { expect, test } from "vitest"
import { expressions } from "../../../src/weir/db/dialect/expressions.ts"
import { anyone, defineApi, resource } from "../../../src/weir/index.ts"
import { id, table, text } from "../../../src/weir/schema.ts"

test("two tables of one name in one process keep the names of their own columns", () => {
  const first = table("doubles", { id: id(), one: text() })
  const second = table("doubles", { id: id(), two: text() })
  for (const one of [first, second])
    defineApi({
      title: "T",
      version: "1.0.0",
      accounts: false,
      resources: [resource(one, { read: anyone })],
    })
  expect(expressions.render(sql`${first.one}`).text).toContain('"one"')
  expect(expressions.render(sql`${second.two}`).text).toContain('"two"')
})
