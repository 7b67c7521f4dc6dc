import { documentRow, type Row } from "./model.ts"
import type { Json } from "./values.ts"

/**
 * The documents that the fixed queries are asked of: the same as the values of `meta`, as far as these are objects, the
 * keys `o01` to `o17` by their numbers. A document beside them is hidden, and one holds names that mean something elsewhere.
 */
export function fixedDocuments(metas: Record<number, Json>): Row[] {
  const day = (n: number) => `2026-01-${String(n).padStart(2, "0")}T00:00:00.000Z`
  const objects = Object.entries(metas).filter(
    ([, meta]) => typeof meta === "object" && meta !== null && !Array.isArray(meta),
  )
  const rows = objects.map(([n, meta]) =>
    documentRow(
      `${Number(n) % 2 ? "o" : "p"}${n.padStart(2, "0")}`,
      (Number(n) % 4) + 1,
      day(Number(n)),
      meta,
    ),
  )
  const words = { limit: 5, sort: "up", and: 1, not: { x: 2 }, data: "own", id: 7, q: "words", _other: true }
  return [...rows, documentRow("x13", 1, day(13), { color: "red" }), documentRow("z", 2, day(20), words)]
}
