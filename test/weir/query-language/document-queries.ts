import type { Json } from "./values.ts"

/** Queries over the fixed documents, and what they must answer with, worked out by hand. */

const all = "o01 o03 o05 o07 o09 o11 o13 o17 p02 p04 p06 p08 p10 p12 z"
const but = (...keys: string[]) =>
  all
    .split(" ")
    .filter((key) => !keys.includes(key))
    .join(" ")

/** Parameters of `GET /papers`, not encoded yet, and the keys in their order. */
export const flat: [parameters: string, keys: string][] = [
  ["color=red", "o01 o13 p12"],
  ["color[ne]=red", but("o01", "o13", "p12")],
  ["color[in]=red,blue", "o01 o05 o13 p12"],
  ["color[nin]=red,Red,blue", but("o01", "o05", "o13", "p02", "p12")],
  ["color[is_null]=true", "o03 o17 p04 z"],
  ["color[exists]=true&_id[ne]=o01", "o03 o05 o07 o09 o11 o13 p02 p06 p08 p10 p12"],
  ["color[exists]=false", "o17 p04 z"],
  ["size.width=10", "o01 o13 p12"],
  ['size.width="10"', "o03"],
  ["size.width[gte]=9.5", "o01 o07 o11 o13 p02 p08 p12"],
  ["size.width[gt]=9007199254740992", "o11"],
  ["size.width=9007199254740993", "o07 p08"],
  ["size.width=1e999", "o11"],
  ["size.width[ne]=true", but("p04")],
  ["size.width[between]=9.5,10", "o01 o13 p02 p12"],
  ['size.width[between]="1","2"', "o03"],
  ["size.width.0=1", "o09"],
  ["size.width.cm[lte]=3.0", "p10"],
  ["tags[contains]=new", "o01 o03 o13 p12"],
  ["tags[contains]=1", "o05"],
  ["tags[contains]=9007199254740993", "p08"],
  ["tags.3.0=1&tags.0=1", "o05"],
  ["tags[exists]=true&tags.-1[exists]=true", ""],
  ["color[istarts_with]=RE", "o01 o13 p02 p12"],
  ["color[icontains]=Élan", "p06"],
  ["color[ilike]=a\\_B", "p08"],
  ["color[ilike]=_", "o11 p10"],
  ["color[gt]=\ue000", "p10"],
  ["0[exists]=true", ""],
  ["ü=u&-1=minus", "o17"],
  ["__proto__=p&constructor=5&toString[exists]=false", "o17"],
  ["'; drop table ql_things; --=1&it's=q&%._=like&a b=s", "o17"],
  ["limit[eq]=5&sort[eq]=up", "z"],
  ["_owner.papers.limit=5&_owner.papers.and=1", "o01 o05 o09 o13 o17 z"],
  ["and=1&not.x=2&data=own&id=7&_other=true", "z"],
  ["q[starts_with]=wor", "z"],
  ["_id=z", "z"],
  ["_id[between]=o09,p02", "o09 o11 o13 o17 p02"],
  ["_created_at[lt]=2026-01-04T00:00:00Z", "o01 o03 p02"],
  ["_updated_at[gte]=2026-01-05T00:00:00Z", "o05 o07 o09 o11 o13 o17"],
  ["_owner_id=1", "p04 p08 p12"],
  ["_owner.profile.city=Oslo&_owner.name=bob", "o01 o05 o09 o13 o17 z"],
  ["sort=size.width", "p02 o01 o13 p12 o07 p08 o11 o03 p04 o09 p10 o05 o17 p06 z"],
  ["sort=-size.width", "o05 o17 p06 z p10 o09 p04 o03 o11 o07 p08 o01 o13 p12 p02"],
  ["sort=color,-_id", "o07 p02 o09 p08 o05 p12 o13 o01 p06 o11 p10 z p04 o17 o03"],
  ["sort=-_created_at&size[exists]=true&limit=4", "o13 p12 o11 p10"],
  ["sort=-_owner_id,_id&tags[exists]=true", "o03 o07 p02 p06 p10 o01 o05 o13 p04 p08 p12"],
]

/** Trees for `GET /papers?filter=` and for a QUERY of it. */
export const trees: [tree: Json, keys: string][] = [
  [{ or: [{ "size.width": { lt: 10 } }, { _owner: { name: "Ada" } }, { _id: "z" }] }, "p02 p04 p08 p12 z"],
  [{ not: { "size.width": { gte: 0 } }, color: { exists: true } }, "o03 o05 o09 p06 p10"],
  [{ "size.width": { in: [10, "10", true], ne: true } }, "o01 o03 o13 p12"],
  [{ color: null, or: [{ color: { exists: true } }, { or: [] }] }, "o03"],
  [{ _owner: { rank: 1, papers: { some: { "tags.3": { exists: true } } } } }, ""],
  [{ _owner: { papers: { some: { "tags.3": { exists: true } } } } }, "o01 o05 o09 o13 o17 z"],
  [{ "_owner.papers.size.width.cm": 3 }, ""],
  [{ "not.x": 2 }, "z"],
]

/** Trees for `GET /makers?filter=`, which go on into the documents: the keys of the makers. */
export const makerTrees: [tree: Json, keys: number[]][] = [
  [{ papers: { some: { color: "red" } } }, [1, 2]],
  [{ papers: { none: { color: "red" } } }, [4]],
  [{ papers: { every: { "size.width": { ne: true }, _id: { ne: "z" } } } }, [4]],
  [{ "papers.tags": { contains: "new" } }, [1, 2, 4]],
  [{ not: { papers: { color: { is_null: false }, _owner: { name: { ne: "bob" } } } } }, [2]],
]

/** A sort in pages of so many, forth and back: the keys of the pages. */
export const pages: [parameters: string, pages: string[]][] = [
  ["sort=size.width&limit=6", ["p02 o01 o13 p12 o07 p08", "o11 o03 p04 o09 p10 o05", "o17 p06 z"]],
  ["sort=-tags.0,size.width&limit=6", ["o11 o03 p04 o09 o17 z", "o07 p10 p02 o01 o13 p12", "p06 p08 o05"]],
]

/** Fields at places, and the rows. */
export const fields: [parameters: string, rows: Json[]][] = [
  [
    "fields=_id,size.width,color&_id[lte]=o07",
    [
      { _id: "o01", color: "red", size: { width: 10 } },
      { _id: "o03", color: null, size: { width: "10" } },
      { _id: "o05", color: "blue" },
      { _id: "o07", color: "50%", size: { width: 9007199254740992 } },
    ],
  ],
  ["fields=limit,not,_updated_at,not.x&_id[in]=z,p02", [{}, { limit: 5, not: { x: 2 } }]],
]

/** Aggregates by places. */
export const aggregates: [parameters: string, rows: Json[]][] = [
  [
    "aggregate=count,sum(size.width),max(size.width)&group=color&color[in]=red,Red,blue",
    [
      { color: "Red", count: 1, "sum_size.width": 9.5, "max_size.width": 9.5 },
      { color: "blue", count: 1, "sum_size.width": null, "max_size.width": null },
      { color: "red", count: 3, "sum_size.width": 30, "max_size.width": 10 },
    ],
  ],
  [
    "aggregate=count,count(color),min(size.width)&group=_owner.name&sort=-count,_owner.name",
    [
      { "_owner.name": "bob", count: 6, count_color: 4, "min_size.width": 10 },
      { "_owner.name": "Ada", count: 3, count_color: 2, "min_size.width": 10 },
      { "_owner.name": "Zoë", count: 3, count_color: 2, "min_size.width": 9007199254740992 },
      { "_owner.name": null, count: 3, count_color: 3, "min_size.width": 9.5 },
    ],
  ],
  ["aggregate=count&and=1", [{ count: 1 }]],
]
