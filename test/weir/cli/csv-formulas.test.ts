import { expect, test } from "vitest"
import { isFormula, marked, unmarked } from "../../../src/weir/cli/csv-formulas.ts"

const formulas = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠x", "="]
const texts = ["", "'", "''", "'=1+1", "''=1", "'x", "don't", "a=1", " =1", "1-1", '"=1"']

test("what begins like a formula is marked as text", () => {
  for (const cell of formulas) {
    expect(isFormula(cell), cell).toBe(true)
    expect(marked(cell)).toBe(`'${cell}`)
  }
  for (const cell of texts) expect(isFormula(cell), cell).toBe(false)
  for (const cell of [-5, 0, null, true, undefined])
    expect([isFormula(cell), marked(cell)]).toEqual([false, cell])
})

test("every cell comes back as it was, however often it is marked", () => {
  for (const cell of [...formulas, ...texts]) {
    expect(unmarked(marked(cell) as string), JSON.stringify(cell)).toBe(cell)
    const twice = marked(marked(cell)) as string
    expect(unmarked(unmarked(twice))).toBe(cell)
    expect(isFormula(marked(cell))).toBe(false)
  }
})

test("a cell that was never marked stays as it is", () => {
  for (const cell of ["'x", "don't", "=1", "x"]) expect(unmarked(cell)).toBe(cell)
})
