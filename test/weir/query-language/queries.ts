import type { Json } from "./values.ts"

/** Sixty queries over the fixed rows, and what they must answer with, worked out by hand. */

const all = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 16, 17]
const but = (...keys: number[]) => all.filter((key) => !keys.includes(key))

/** Parameters of `GET /things`, not encoded yet, and the keys in their order. */
export const flat: [parameters: string, keys: number[]][] = [
  ["meta.color=red", [1, 12]],
  ["meta.color[ne]=red", but(1, 12)],
  ["meta.color[in]=red,blue", [1, 5, 12]],
  ["meta.color[nin]=red,Red,blue", but(1, 2, 5, 12)],
  ["meta.color[is_null]=true", [3, 4, 14, 15, 16, 17]],
  ["meta.color[is_null]=false", [1, 2, 5, 6, 7, 8, 9, 10, 11, 12]],
  ["meta.color[exists]=true", [1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12]],
  ["meta.color[exists]=false", [4, 14, 15, 16, 17]],
  ["meta.size.width=10", [1, 12]],
  ['meta.size.width="10"', [3]],
  ["meta.size.width[gte]=9.5", [1, 2, 7, 8, 11, 12]],
  ["meta.size.width[gt]=9007199254740992", [11]],
  ["meta.size.width=9007199254740993", [7, 8]],
  ["meta.size.width=1e999&sort=-id", [11]],
  ["meta.size.width=true", [4]],
  ["meta.size.width[ne]=true", but(4)],
  ["meta.size.width[between]=9.5,10", [1, 2, 12]],
  ['meta.size.width[between]="1","2"', [3]],
  ["meta.size.width[gt]=", [3]],
  ["meta.size.width.0=1", [9]],
  ["meta.size.width.cm[lte]=3.0", [10]],
  ["meta.tags[contains]=new", [1, 3, 12]],
  ["meta.tags[contains]=1", [5]],
  ["meta.tags[contains]=9007199254740993", [8]],
  ["meta.tags.3.0=1&meta.tags.0=1", [5]],
  ["meta.tags.-1[exists]=true", []],
  ["meta.color[istarts_with]=RE", [1, 2, 12]],
  ["meta.color[icontains]=élan", []],
  ["meta.color[icontains]=Élan", [6]],
  ["meta.color[ilike]=50\\%", [7]],
  ["meta.color[ilike]=A_B", [8, 9]],
  ["meta.color[ilike]=a\\_B", [8]],
  ["meta.color[ilike]=_", [10, 11]],
  ["meta.color[gt]=\ue000", [10]],
  ["meta.0=red", [15]],
  ["meta.1.color=red&meta.2[gt]=2.9", [15]],
  ["meta.__proto__=p&meta.constructor=5&meta.toString[exists]=false", [17]],
  ["meta.'; drop table ql_things; --=1&meta.it's=q&meta.%._=like&meta.a b=s", [17]],
  ["title[icontains]=OAK", [1, 2]],
  ["title[ilike]=__\\% %", [7]],
  ["amount[between]=5,7&price[between]=7.77,19.5", [5, 10, 11, 12]],
  ["moment[between]=2026-01-05T00:00:00Z,2026-01-07T01:00:00+01:00", [5, 6, 7]],
  ["maker.profile.city=Oslo", [3, 4]],
  ["parts.info.wood=oak&parts.size[lt]=4", [1, 2]],
  ["inner.k[gte]=9", [9, 11, 15, 17]],
  ["sort=meta.size.width", [2, 1, 12, 7, 8, 11, 3, 4, 9, 10, 5, 6, 14, 15, 16, 17]],
  ["sort=-meta.size.width", [5, 6, 14, 15, 16, 17, 10, 9, 4, 3, 11, 7, 8, 1, 12, 2]],
  ["sort=meta.color,-id", [7, 2, 9, 8, 5, 12, 1, 6, 11, 10, 17, 16, 15, 14, 4, 3]],
]

/** Trees for `GET /things?filter=` and for a QUERY of it. */
export const trees: [tree: Json, keys: number[]][] = [
  [
    { or: [{ price: { lt: 0.1 } }, { maker: { name: "Ada" } }, { not: { "meta.color": { ne: "red" } } }] },
    [1, 2, 6, 9, 12],
  ],
  [{ parts: { some: { label: "leg" } } }, [1]],
  [{ parts: { none: { label: { in: ["leg", "bolt"] } } } }, but(1, 12)],
  [{ parts: { every: { "info.wood": "oak" } } }, but(1, 12)],
  [{ parts: { size: { gte: "1" } }, not: { "meta.color": "red" } }, [2]],
  [{ not: { maker: { rank: { lte: 2 } } } }, but(1, 2, 3, 4)],
  [{ not: { "inner.k": { gte: 5 } } }, [1, 2, 3, 4, 6, 8, 10, 12, 14, 16]],
  [{ "meta.size.width": { in: [10, "10", true], ne: true } }, [1, 3, 12]],
  [{ "meta.color": null, or: [{ "meta.color": { exists: true } }, { and: [{ or: [] }] }] }, [3]],
]

/** A sort in pages of so many, forth and back: the keys of the pages. */
export const pages: [parameters: string, pages: number[][]][] = [
  [
    "sort=meta.size.width&limit=6",
    [
      [2, 1, 12, 7, 8, 11],
      [3, 4, 9, 10, 5, 6],
      [14, 15, 16, 17],
    ],
  ],
  [
    "sort=-meta.tags.0,meta.size.width&limit=7",
    [
      [11, 3, 4, 9, 14, 15, 16],
      [17, 7, 10, 2, 1, 12, 6],
      [8, 5],
    ],
  ],
]

/** Fields at paths, and the rows. */
export const fields: [parameters: string, rows: Json[]][] = [
  [
    "fields=id,meta.size.width,meta.color&id[lte]=6",
    [
      { id: 1, meta: { color: "red", size: { width: 10 } } },
      { id: 2, meta: { color: "Red", size: { width: 9.5 } } },
      { id: 3, meta: { color: null, size: { width: "10" } } },
      { id: 4, meta: { size: { width: true } } },
      { id: 5, meta: { color: "blue" } },
      { id: 6, meta: { color: "ÉLAN", size: { width: null } } },
    ],
  ],
]
