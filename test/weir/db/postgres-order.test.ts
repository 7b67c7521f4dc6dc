import { expect, test } from "vitest"
import type { Change, Statement } from "../../../src/weir/db/driver.ts"
import { WriteOrder } from "../../../src/weir/db/drivers/postgres-order.ts"

const write = (verb: Change["verb"], table: string, value?: number, claims?: string[]): Statement => ({
  text: `${verb} …`,
  params: [],
  ...(claims && { claims }),
  change: {
    verb,
    table,
    references: [],
    moves: false,
    ...(value !== undefined && { row: { table, column: "id", value } }),
  },
})
const read: Statement = { text: "select 1", params: [] }
const record = write("insert", "weir_write_records")
const lockOf = (...statements: Statement[]) => new WriteOrder(true).lockOf(statements, false, true)

test.each([
  ["one row", [write("update", "items", 1)]],
  ["one row, its records and its history", [record, write("delete", "items", 1), record]],
  ["one row twice, and reads", [write("update", "items", 1), read, write("update", "items", 1)]],
  ["one row and new ones", [write("update", "items", 1), write("insert", "items", undefined, ["code=a"])]],
  ["new rows", [write("insert", "items", undefined, ["code=a"]), write("insert", "tags")]],
])("nothing goes before the writes of %s", (_, statements) => {
  expect(lockOf(...statements)).toEqual({ isHasty: false })
})

test("the locks of two rows are the same in both orders, and others in another table", () => {
  const [one, two] = [write("update", "items", 1), write("delete", "items", 2)]
  const { lock, isHasty } = lockOf(one, two)
  expect(isHasty).toBe(true)
  expect(lock?.params[0]).toMatch(/^\{-?\d+,-?\d+\}$/)
  expect(lockOf(two, record, one).lock).toEqual(lock)
  expect(lockOf(write("update", "tags", 1), write("delete", "tags", 2)).lock?.params).not.toEqual(
    lock?.params,
  )
})

test("where nobody may be waited for in the process, new rows are locked as well", () => {
  const news = ["a", "b"].map((code) => write("insert", "items", undefined, [`code=${code}`]))
  expect(new WriteOrder(false).lockOf(news, false, true).lock?.params[0]).toMatch(/^\{-?\d+,-?\d+\}$/)
})
