/**
 * How a spreadsheet recognizes a formula, by a cell's first character (OWASP, "CSV Injection"): also the full-width
 * forms, and white space that some programs skip.
 */
const formula = /^[=+\-@\t\r\n＝＋－＠]/

/** Whether a spreadsheet would run a cell. Numbers come from columns of numbers alone, and are none. */
export const isFormula = (cell: unknown): cell is string => typeof cell === "string" && formula.test(cell)

/** A cell that a spreadsheet shows as text. A leading apostrophe is doubled, so that `unmarked` finds what was there. */
export const marked = (cell: unknown): unknown =>
  typeof cell === "string" && (formula.test(cell) || cell.startsWith("'")) ? `'${cell}` : cell

/** The cell that `marked` was given. A cell that it cannot have made stays as it is. */
export const unmarked = (cell: string): string =>
  cell.startsWith("'") && (formula.test(cell.slice(1)) || cell.startsWith("''")) ? cell.slice(1) : cell
