import { fixedDocuments } from "./fixed-documents.ts"
import type { Data, Row } from "./model.ts"
import type { Json } from "./values.ts"

/** The rows that the fixed queries are asked of: few enough to read. */

type Columns = [title: string | null, amount: number | null, price: string | null, maker: number | null]

const huge = Number.POSITIVE_INFINITY
/** JSON text, since a literal cannot have a member `__proto__`. */
const strange = JSON.parse(
  `{"__proto__": "p", "constructor": 5, "a b": "s", "ü": "u", "0": "zero", "-1": "minus", "it's": "q",
    "'; drop table ql_things; --": 1, "a,b": [[false]], "%": {"_": "like"}}`,
) as Json

const columns: Record<number, Columns> = {
  1: ["Oak table", 1, "19.50", 1],
  2: ["oak chair", 2, "5.00", 1],
  3: ["Lamp", null, null, 2],
  4: [null, 5, "0.10", 2],
  5: ["Zebra", 5, "19.50", 3],
  6: ["élan", -3, "-2.25", null],
  7: ["50% off", 10, "100.00", 4],
  8: ["under_score", 11, "1.50", null],
  9: ["back\\slash", 0, "0.00", null],
  10: ["smile 😀", 7, "7.77", null],
  11: ["Omega", 7, "7.77", null],
  12: ["tie", 7, "7.77", null],
  13: ["Oak shelf", 1, "19.50", 1],
  14: ["text", 20, "20.00", null],
  15: ["list", 21, "21.00", null],
  16: ["nothing", 22, "22.00", null],
  17: ["strange", 23, "23.00", null],
}

const metas: Record<number, Json> = {
  1: { color: "red", size: { width: 10, height: "tall" }, tags: ["new", "sale"] },
  2: { color: "Red", size: { width: 9.5 }, tags: ["old"] },
  3: { color: null, size: { width: "10" }, tags: "brand new" },
  4: { size: { width: true }, tags: [] },
  5: { color: "blue", size: null, tags: [1, "1", null, [1]] },
  6: { color: "ÉLAN", size: { width: null }, tags: ["NEW"] },
  // Both are the same double: the digits of one are those of the other, and one more.
  7: { color: "50%", size: { width: 9007199254740992 }, tags: [true] },
  8: { color: "a_b", size: { width: 9007199254740992 }, tags: [9007199254740992] },
  9: { color: "a\\b", size: { width: [1, 2] } },
  10: { color: "😀", size: { width: { cm: 3 } }, tags: ["😀"] },
  11: { color: "\ue000", size: { width: huge } },
  12: { color: "red", size: { width: 10 }, tags: ["new"] },
  13: { color: "red", size: { width: 10 }, tags: ["new"] },
  14: "red",
  15: ["red", { color: "red" }, 3],
  16: null,
  17: strange,
}

const things = Object.entries(columns).map(([key, [title, amount, price, maker_id]]): Row => {
  const id = Number(key)
  return {
    id,
    title,
    amount,
    price,
    active: id % 3 === 0 ? null : id % 3 === 1,
    moment: id === 3 ? null : `2026-01-${String(id).padStart(2, "0")}T00:00:00.000Z`,
    meta: metas[id] as Json,
    note: `note ${id}`,
    inner: { k: id },
    rival_id: 1,
    open: id % 2 === 1,
    secret: "red",
    vault: { color: "red" },
    maker_id,
    hidden: id === 13,
  }
})

const makers: Row[] = [
  { id: 1, name: "Ada", rank: 1, profile: { city: "Zürich", tier: 1 }, hidden: false },
  { id: 2, name: "bob", rank: 2, profile: { city: "Oslo", tier: "gold" }, hidden: false },
  { id: 3, name: "Eve", rank: 1, profile: { city: "Oslo", tier: 1 }, hidden: true },
  { id: 4, name: "Zoë", rank: null, profile: ["x"], hidden: false },
]

const parts: Row[] = [
  { id: 1, thing_id: 1, label: "leg", size: 4, info: { wood: "oak" }, hidden: false },
  { id: 2, thing_id: 1, label: "top", size: 1, info: { wood: "pine", w: [1] }, hidden: false },
  { id: 3, thing_id: 2, label: "leg", size: 4, info: null, hidden: true },
  { id: 4, thing_id: 2, label: "seat", size: 1, info: { wood: "oak" }, hidden: false },
  { id: 5, thing_id: 12, label: "bolt", size: null, info: { wood: 5 }, hidden: false },
  { id: 6, thing_id: 7, label: "leg", size: 2, info: { wood: "oak" }, hidden: true },
  { id: 7, thing_id: null, label: "loose", size: 9, info: ["oak"], hidden: false },
]

export const fixedData: Data = { makers, things, parts, papers: fixedDocuments(metas) }
