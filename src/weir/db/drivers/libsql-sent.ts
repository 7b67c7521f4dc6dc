import type { Row } from "../driver.ts"

/** How a statement says that a column of its result may hold text that is no UTF-8. */
const marker = / as utf8_text\)/g

/** The statement with such columns as bytes: libSQL, also as a server, ends its process at text that is no UTF-8. */
export const asBytes = (text: string): string => text.replace(marker, " as blob)")

/** The rows of such a statement, with U+FFFD in place of what is no text. */
export function decoded(rows: Row[]): Row[] {
  for (const row of rows)
    for (let i = 0; i < row.length; i++) {
      const value = row[i]
      if (value instanceof Uint8Array) row[i] = (value as Buffer).toString()
      else if (value instanceof ArrayBuffer) row[i] = Buffer.from(value).toString()
    }
  return rows
}
