// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type SearchTerm, wordsOf } from "../../../src/weir/lib/search-words.ts"
import { parsed } from "../../../src/weir/query/search.ts"
import { type Ask, idsOf, type Library, library } from "./support.ts"

let l: Library
let ask: Ask
beforeAll(async () => {
  l = await library()
  ask = l.ask()
})
afterAll(() => l.close())

const q = async (text: string) => {
  const answer = await ask("anonymous", `/papers?limit=1000&sort=id&q=${encodeURIComponent(text)}`)
  expect(answer.status, `${text}: ${answer.text}`).toBe(200)
  return idsOf(answer)
}

/** A text, searches that find it, and searches that do not. */
const table: [string, string[], string[]][] = [
  ["Größe", ["größe", "GRÖßE", "große", "gro*"], ["grosse", "groesse"]],
  ["İstanbul IŞIK ışık", ["istanbul", "isik", "ışık", "ısık"], ["ist"]],
  ["cafe\u0301 na\u00efve Zo\u0308e", ["café", "cafe", "CAFE\u0301", "naive", "zoe"], ["caf", "nave"]],
  ["ÀÉÎÕÜ ǍǞ Ḁ ệ", ["aeiou", "àéîõü", "aa", "a", "e"], ["aei"]],
  ["Łódź Đà Ø æ", ["łodz", "đa", "ø", "æ"], ["lodz", "o", "ae"]],
  ["東京都 天気", ["東京都", "天気", "東*", "東京*"], ["東京", "京都"]],
  ["ひらがな カタカナ 한국어", ["ひらがな", "カタカナ", "한국어", "한*"], ["한국"]],
  [
    "fire🔥alarm 🎉 cool🤣story",
    ["fire", "alarm", "cool", "story", "fire🔥alarm", "fire alarm", "🎉 cool"],
    ["firealarm"],
  ],
  ["don't O'Brien l’été", ["don", "don't", "o'brien", "l'ete", "ete", '"don t"'], ["dont", "obrien"]],
  [
    "well-known wi-fi e-mail",
    ["well-known", "wi-fi", "known", '"wi fi"', "well"],
    ["wifi", "email", '"known well"'],
  ],
  ["snake_case __init__ a_b", ["snake_case", "snake", "init", "a_b"], ["snakecase"]],
  [
    "12.5 kg 1e5abc 7e5f 0x1F 2nd v1.2.3",
    ["12.5", "12", "1e5abc", "1e5*", "7e5f", "0x1f", "2nd", "v1", "1.2.3".slice(2)],
    ["1e5", "7e5", "f"],
  ],
  ["x² ½ ① Ⅷ ٣", ["x²", "½", "①", "Ⅷ", "ⅷ", "٣"], ["x2", "3"]],
  ["ПРИВЕТ Мир й и\u0306 ё", ["привет", "мир", "й", "и", "ё"], ["е"]],
  ["ΑΘΉΝΑ σοφός", ["αθήνα", "σοφόσ"], ["αθηνα"]],
  ["مَرْحَبًا שָׁלוֹם हिन्दी", ["مرحبا".slice(0, 1), "हिन्दी"], ["مرحبا"]],
  [
    "tab\tnew\nline\u00a0nbsp\u200bzero\u2028sep\u001funit",
    ["tab", "new", "line", "nbsp", "zero", "sep", "unit"],
    ["tabnew"],
  ],
  ["a+b=c C++ C# .NET @user #tag $5 50%", ["a+b", "c++", "c#", ".net", "@user", "#tag", "$5", "50%"], ["ab"]],
  ["ﬁne ＦＵＬＬ ﬀ", ["ﬁne", "ｆｕｌｌ"], ["fine", "full"]],
  ["NULL null AND OR NOT NEAR", ["null", "and", "or", "not", "near", "NOT NEAR"], ["nul"]],
]

test.each(table)("%j", async (text, finding, missing) => {
  const [key] = await l.add([{ title: text }])
  for (const search of finding) expect(await q(search), search).toContain(key)
  for (const search of missing) expect(await q(search), search).not.toContain(key)
})

/** Whether a search finds a text of several fields, by the rules that docs/search.md states. */
function finds(terms: SearchTerm[], fields: string[]): boolean {
  const all = fields.map((field) => wordsOf(field).map(({ word }) => word))
  return terms.every(({ words, prefix, negative }) => {
    const isThere = all.some((field) =>
      field.some((_, start) =>
        words.every((word, i) => {
          const there = field[start + i]
          return prefix && i === words.length - 1 ? there?.startsWith(word) === true : there === word
        }),
      ),
    )
    return isThere !== negative
  })
}

/** Numbers that look random, and are the same each time. */
function chance(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

test("finds what an evaluation in memory finds, in 300 texts by 400 searches", async () => {
  const next = chance(15)
  const pick = <T>(list: readonly T[]): T => list[next(list.length)] as T
  const letters = [
    "a",
    "b",
    "É",
    "é",
    "e\u0301",
    "ß",
    "İ",
    "1",
    "2",
    "京",
    "京",
    "й",
    "Ω",
    "ǆ",
    "𐐀",
    "🤣",
    "Z",
  ]
  const gaps = [
    " ",
    " ",
    " ",
    "-",
    "_",
    "'",
    ". ",
    "\n",
    "🔥",
    "\u0301 ",
    "‍",
    "’",
    "\\",
    '"',
    "*",
    ":",
    "\u001f",
  ]
  const word = () => Array.from({ length: 1 + next(2) }, () => pick(letters)).join("")
  const text = () => Array.from({ length: 1 + next(8) }, () => word() + pick(gaps)).join("")
  const rows = Array.from({ length: 300 }, () => ({ title: `${text()}q`, body: text() }))
  const ids = await l.add(rows)
  for (let n = 0; n < 400; n++) {
    const search = Array.from({ length: 1 + next(3) }, () => {
      const inner = next(3) ? word() : `"${word()} ${word()}"`
      return `${next(4) ? "" : "-"}${inner}${next(4) ? "" : "*"}`
    }).join(" ")
    const terms = parsed(search)
    if (!terms.some(({ negative }) => !negative)) continue
    const expected = ids.filter((_, i) => finds(terms, [rows[i]?.title ?? "", rows[i]?.body ?? ""]))
    const found = new Set(await q(search))
    expect(
      ids.filter((key) => found.has(key)),
      JSON.stringify(search),
    ).toEqual(expected)
  }
})

test("takes texts of any length, with words of any length", async () => {
  const body = `${"x".repeat(3_000)} ${"é".repeat(3_000)} ${Array.from({ length: 15_000 }, (_, i) => `w${i}`).join(" ")}`
  const [key] = await l.add([{ title: "long", body }])
  expect(await q("w14999 long")).toEqual([key])
  expect(await q('"w14000 w14001 w14002"')).toEqual([key])
  expect(await q("xxxx*")).toEqual([key])
  expect(await q("eeee*")).toEqual([key])
  const far = `${"the word ".repeat(300)}${"of it ".repeat(9_000)}the end`
  const [end] = await l.add([{ title: "far", body: far }])
  expect(await q('"the end" far')).toEqual([end])
  expect(await q('far -"the end"')).toEqual([])
  expect(await q('far "end the"')).toEqual([])
  const words = Array.from({ length: 60_000 }, (_, i) =>
    String.fromCodePoint(0x4e00 + (i % 20_000), 0x4e00 + (i >> 3)),
  )
  expect(await l.add([{ title: "wide", body: words.join(" ") }])).toHaveLength(1)
})
