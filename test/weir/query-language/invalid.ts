import { documentMembers } from "./document-invalid.ts"
import type { TableName } from "./model.ts"
import type { Tree } from "./oracle.ts"
import type { Random } from "./random.ts"

/** What must be refused with a 422, whatever stands beside it. */

const long = (length: number) => "w".repeat(length)
const path = (segments: number) => `meta${".a".repeat(segments)}`

/** Parameters of `GET /things`, not encoded yet: the name with its operator, and the text. */
export const parameters: [parameter: string, text: string][] = [
  // Names that are none, and names of what is hidden.
  ["metta.color", "red"],
  ["meta.", "1"],
  ["meta..color", "1"],
  [".meta", "1"],
  ["meta.color.", "1"],
  ["title.x", "1"],
  ["amount.0", "1"],
  ["maker.rank.x", "1"],
  ["secret", "red"],
  ["secret[ne]", "red"],
  ["vault.color", "red"],
  ["vault.color[exists]", "true"],
  ["vault[is_null]", "false"],
  ["parts.thing.vault.color", "red"],
  ["maker.things.parts.thing.title", "deep"],
  ["__proto__", "1"],
  ["__proto__.x", "1"],
  ["constructor", "1"],
  ["constructor.name", "1"],
  ["hasOwnProperty[eq]", "1"],
  ["maker.__proto__", "1"],
  ["maker.constructor.name", "1"],
  ["parts.toString", "1"],
  ["title'; drop table ql_things; --", "1"],
  ['title" or "1', "1"],
  ["1=1 or title", "1"],
  // Segments.
  ['meta.co"lor', "1"],
  ["meta.co\\lor", "1"],
  ["meta.co]lor", "1"],
  ["meta.co\u0001lor", "1"],
  ["meta.co\u0000lor", "1"],
  ["meta.\u007f\u0085\n", "1"],
  [`meta.${long(101)}`, "1"],
  ["meta.1000000", "1"],
  ["meta.99999999999999999999", "1"],
  [path(33), "1"],
  [path(2_000), "1"],
  // Operators.
  ["meta.color[regex]", "a"],
  ["meta.color[EQ]", "a"],
  ["meta.color[__proto__]", "a"],
  ["meta.color[constructor]", "a"],
  ["meta.color[]", "a"],
  ["meta.color[eq][ne]", "a"],
  ["meta", "1"],
  ["meta[contains]", "red"],
  ["meta[eq]", "{}"],
  ["active[between]", "true,false"],
  ["active[icontains]", "t"],
  ["amount[ilike]", "1"],
  ["amount[icontains]", "1"],
  ["price[istarts_with]", "1"],
  ["moment[icontains]", "2026"],
  ["title[exists]", "true"],
  ["id[is_null]", "true"],
  // Operands.
  ["meta.color[is_null]", "yes"],
  ["meta.color[is_null]", ""],
  ["meta.color[exists]", "1"],
  ["meta.color[exists]", "TRUE"],
  ["meta.size.width[between]", "1"],
  ["meta.size.width[between]", "1,2,3"],
  ["amount[between]", "1"],
  ["amount[between]", "1,2,3"],
  ["amount[between]", "1,x"],
  ["amount[between]", ",5"],
  ["title[between]", '"a,b'],
  ["meta.color[in]", '"a'],
  ["moment[between]", "2026-01-01T00:00:00Z,tomorrow"],
  ["title[ilike]", "a\\"],
  ["title[ilike]", "\\\\\\"],
  ["title[ilike]", long(1_001)],
  ["title[ilike]", "%a".repeat(11)],
  ["meta.color[ilike]", "a\\"],
  ["meta.color[ilike]", long(1_001)],
  ["meta.color[ilike]", "%a".repeat(11)],
  ["meta.color", "a\u0000b"],
  ["meta.color[in]", "a\u0000b,c"],
  ["meta.color[icontains]", "\u0000"],
  ["title[icontains]", "\u0000"],
  ["amount", "1 or 1=1"],
  ["amount", "1e0"],
  ["price", "1'; --"],
  ["active", "yes"],
  // Sorts.
  ["sort", "meta"],
  ["sort", "meta."],
  ["sort", "meta.a..b"],
  ["sort", "-vault.color"],
  ["sort", "secret"],
  ["sort", "title.x"],
  ["sort", "meta.color,meta.color"],
  ["sort", "meta.color,-meta.color"],
  ["sort", 'meta."x'],
  ["sort", `meta.${long(101)}`],
  ["sort", path(33)],
  ["sort", "__proto__"],
  ["sort", "__proto__.x"],
  ["sort", "constructor"],
  ["sort", "id desc; drop table ql_things"],
  // Fields.
  ["fields", "meta.0"],
  ["fields", "meta.tags.0"],
  ["fields", "id,meta.tags.0.x"],
  ["fields", "vault.color"],
  ["fields", "title.x"],
  ["fields", "meta..x"],
  ["fields", "meta."],
  ["fields", "__proto__"],
  ["fields", path(33)],
  // Where there is no list.
  ["include.parts.filter", "{}"],
  ["include.maker.filter", "{}"],
]

/** Texts that are no tree. */
export const noTrees: string[] = [
  "",
  " ",
  "{",
  "}",
  "[]",
  "[{}]",
  "1",
  '"x"',
  "null",
  "true",
  "undefined",
  "{'title':'x'}",
  '{"title":"x"} x',
  '{"title":"x",}',
  "{title:1}",
  '{"title":NaN}',
  '{"title":01}',
  "{}{}",
  '{"title":"\n"}',
  "[".repeat(3_000),
  '{"not":'.repeat(1_000),
  `${'{"not":'.repeat(1_000)}{}${"}".repeat(1_000)}`,
  `{"title":${"[".repeat(2_000)}${"]".repeat(2_000)}}`,
]

/** Members of a tree over the things. */
const members: [name: string, json: string][] = [
  ["and", "{}"],
  ["and", "null"],
  ["and", "[1]"],
  ["and", "[null]"],
  ["or", "1"],
  ["or", "[[]]"],
  ["or", '"title"'],
  ["not", "[]"],
  ["not", "null"],
  ["not", '"x"'],
  ["AND", "[]"],
  ["$or", "[]"],
  ["title", '{"foo":1}'],
  ["title", '{"__proto__":"x"}'],
  ["title", '{"constructor":"x"}'],
  ["title", '{"eq":"x","toString":"y"}'],
  ["title", '["x"]'],
  ["title", '{"eq":{"eq":"x"}}'],
  ["title", '{"in":"x"}'],
  ["title", '{"in":{"0":"x"}}'],
  ["title", '{"in":[["x"]]}'],
  ["title", '{"between":["a"]}'],
  ["title", '{"between":["a","b","c"]}'],
  ["title", '{"between":"a,b"}'],
  ["title", '{"is_null":"true"}'],
  ["title", '{"is_null":1}'],
  ["title", '{"exists":true}'],
  ["title", '{"ilike":"a\\\\"}'],
  ["title", `{"ilike":"${"%a".repeat(11)}"}`],
  ["title", `{"ilike":"${long(1_001)}"}`],
  ["title", '"\\u0000"'],
  ["title", '"\\ud800"'],
  ["amount", '"x"'],
  ["amount", "true"],
  ["amount", "1.5"],
  ["amount", "1e400"],
  ["amount", '{"gt":{}}'],
  ["amount", '{"in":[1,"x"]}'],
  ["amount", '{"contains":"1"}'],
  ["price", '"x"'],
  ["price", "false"],
  ["active", '"yes"'],
  ["active", "1"],
  ["active", '{"gt":false}'],
  ["moment", "5"],
  ["moment", '"yesterday"'],
  ["id", '{"is_null":true}'],
  ["meta", "1"],
  ["meta", '{"color":"red"}'],
  ["meta", '{"eq":{}}'],
  ["meta.color", '{"regex":"a"}'],
  ["meta.color", '{"exists":"yes"}'],
  ["meta.color", '{"exists":null}'],
  ["meta.color", '{"is_null":0}'],
  ["meta.color", '{"in":"red"}'],
  ["meta.color", '{"between":[1]}'],
  ["meta.color", '{"ilike":"a\\\\"}'],
  ["meta.color", '"\\u0000"'],
  ["meta.color", '"\\udc00"'],
  ["meta.color", '{"in":["a","\\u0000"]}'],
  ["meta..color", "1"],
  ["meta.", "1"],
  ["", "1"],
  [".", "1"],
  ["title.x", "1"],
  ['meta.a"b', "1"],
  ["meta.a\\b", "1"],
  ["meta.a[b", "1"],
  ["meta.a\u0001", "1"],
  ["meta.\ud800", "1"],
  ["meta.1000000", "1"],
  [`meta.${long(101)}`, "1"],
  [path(33), "1"],
  ["price[gt]", "1"],
  ["secret", '"red"'],
  ["secret", "null"],
  ["secret", '{"is_null":false}'],
  ["vault", "null"],
  ["vault.color", '"red"'],
  ["vault.color", '{"exists":true}'],
  ["maker.things.vault.color", "1"],
  ["nothing", "1"],
  ["__proto__", "1"],
  ["__proto__", "{}"],
  ["constructor", "{}"],
  ["toString", '{"eq":1}'],
  ["hasOwnProperty", "null"],
  ["title'; drop table ql_things; --", "1"],
  ["maker", "5"],
  ["maker", "[]"],
  ["maker", '{"some":{}}'],
  ["maker", '{"nothing":1}'],
  ["maker", '{"__proto__":{}}'],
  ["maker.__proto__", "1"],
  ["parts", "5"],
  ["parts", "[]"],
  ["parts", '{"some":5}'],
  ["parts", '{"none":[]}'],
  ["parts", '{"every":null}'],
  ["parts", '{"any":{}}'],
  ["parts", '{"some":{"nothing":1}}'],
  ["parts", '{"every":{"thing":{"vault.color":1}}}'],
]

/** Trees that are too dear. */
const repeated = (count: number, one: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => one(i)).join(",")
export const tooDear: string[] = [
  `{"and":[${repeated(41, (i) => `{"amount":{"ne":${i}}}`)}]}`,
  `{"or":[${repeated(41, (i) => `{"meta.color":{"ne":${i}}}`)}]}`,
  `{"and":[${repeated(11, (i) => `{"maker":{"rank":${i}}}`)}]}`,
  `{"and":[${repeated(11, (i) => `{"parts.size":${i}}`)}]}`,
  `${'{"not":'.repeat(20)}{}${"}".repeat(20)}`,
  `${'{"and":['.repeat(20)}{"amount":1}${"]}".repeat(20)}`,
  '{"maker":{"things":{"parts":{"thing":{"amount":1}}}}}',
  '{"maker":{"things.parts":{"thing.amount":1}}}',
  '{"maker.things.parts.thing.amount":1}',
  `{"title":{"in":[${repeated(1_700, (i) => `"${i}"`)}]},"meta.color":"${long(11_000)}"}`,
]

/** A random tree as text, with a member somewhere in it that must be refused. */
export function spoiled(random: Random, table: TableName, tree: Tree): string {
  const own = table === "papers" ? documentMembers : table === "things" && random.chance(0.8) ? members : []
  const [name, json] = own.length ? random.pick(own) : ["nothing", '"x"']
  const mark = "\uf8ff"
  const placed = withMember(random, tree, mark)
  return JSON.stringify(placed).replace(`"${mark}":0`, () => `${JSON.stringify(name)}:${json}`)
}

/** The tree with a member of that name, in one of the trees over the table that it is made of. */
function withMember(random: Random, tree: Tree, mark: string): Tree {
  const inner = Object.entries(tree).flatMap(([name, value]): { name: string; index?: number }[] => {
    if (name === "not") return [{ name }]
    if (name === "and" || name === "or") return (value as Tree[]).map((_, index) => ({ name, index }))
    return []
  })
  if (inner.length === 0 || random.chance(0.3)) return { ...tree, [mark]: 0 }
  const { name, index } = random.pick(inner)
  if (index === undefined) return { ...tree, [name]: withMember(random, tree[name] as Tree, mark) }
  const parts = tree[name] as Tree[]
  return { ...tree, [name]: parts.with(index, withMember(random, parts[index] as Tree, mark)) }
}

/** The text with some characters left out, doubled or changed: a tree, or none. */
export function garbled(random: Random, text: string): string {
  let garbled = text
  for (let i = 1 + random.below(3); i > 0; i--) {
    const at = random.below(garbled.length)
    const other = random.pick([
      '"',
      "{",
      "}",
      "[",
      "]",
      ":",
      ",",
      ".",
      "\\",
      "0",
      "e",
      "'",
      " ",
      "null",
      "",
      garbled[at] ?? "",
    ])
    garbled = garbled.slice(0, at) + other + garbled.slice(at + random.below(2))
  }
  return garbled.toWellFormed()
}

/** The members alone, as trees: those that a name comes with by `JSON.parse` as well. */
export const badTrees = (of: [string, string][] = members): string[] =>
  of.map(([name, json]) => `{${JSON.stringify(name)}:${json}}`)
