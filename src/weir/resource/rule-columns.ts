import { getTableColumns, type SQL, sql } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import { loadedTables } from "../db/dialect/field.ts"

/** Words of SQL that a column may be called as well: without quotes, they are no sign of that column. */
const words = new Set(
  "all and any as asc between by case cast collate current_date current_time current_timestamp desc distinct else end escape exists false from in is isnull like limit not notnull null offset on or order select some then time true union using when where".split(
    " ",
  ),
)

/** What stands for a column of the row in the rendered text: no name, and no parameter either. */
export const rowMark: SQL = sql.raw("?row")

/** The rendered text, without what its literals hold and without quotes. A quoted word of SQL has an @ instead. */
const textOf = (outcome: SQL): string =>
  expressions
    .render(outcome)
    .text.replace(/'(?:[^']|'')*'/g, "''")
    .replace(/"(\w+)"/g, (_, name: string) => (words.has(name.toLowerCase()) ? `@${name}` : name))
    .replaceAll('"', "")

/** Whether SQL has a comment to the end of the line, or one that is not closed. */
export const holdsComment = (outcome: SQL): boolean => {
  const text = textOf(outcome).replace(/\/\*.*?\*\//gs, " ")
  return text.includes("--") || text.includes("/*")
}

/** A select without its subselects, and these. The outermost is the rule itself. */
interface Level {
  own: string
  inner: Level[]
}

function levelsOf(text: string): Level {
  const [own = "", ...selects] = withoutSelects(text)
  return { own, inner: selects.map((select) => levelsOf(select.slice(1, -1))) }
}

const afterSource =
  "where|on|using|join|inner|left|right|full|cross|natural|order|group|having|limit|offset|fetch|window|for|union|intersect|except|indexed|not"

/** Matches a select that reads a table by that name, which its columns go by: the table's own, or an alias. */
function readingBy(name: string): RegExp {
  const source = "(?:\\b(?:from|join)\\b|,)[\\s(]*(?:[@\\w.]+\\s+(?:as\\s+)?|\\w+\\.)?@?"
  const unaliased = `(?!\\s*[.(\\w])|(?=\\s+(?:${afterSource})\\b)`
  return new RegExp(`${source}\\b(${name})\\b(?:${unaliased})`, "i")
}

/**
 * A column that a rule names itself, not by `row("column")`; undefined where there is none. In the rule of an update, such a column
 * would be that of the row as it was, and the row as it will be would go unasked. `outcome` has a `rowMark` for each
 * column that the rule asks of its row.
 */
export function namedOutright(outcome: SQL, table: string, columns: string[]): string | undefined {
  const rule = levelsOf(textOf(outcome))
  const own = new Map(columns.map((column) => [words.has(column) ? `@${column}` : column, column]))
  // Neither a type, as in `cast(? as text)` and `date '2026-01-01'`, nor a function, nor a table.
  const bare = /(?<![\w.:?@])(?<!\bas )(@?[A-Za-z_]\w*)(?!\w|\s*[(.']|\s+precision\b)/g
  const unqualified = (text: string): string[] =>
    [...text.matchAll(bare)].flatMap(([, word = ""]) => own.get(word) ?? [])
  const [first] = unqualified(rule.own)
  if (first) return first
  const qualified = new RegExp(`(?<![\\w.])(?:\\w+\\.)?@?${table}\\.@?(\\w+)`, "g")
  const reading = readingBy(table)
  // `known` are the columns that a bare name may be of: where they are not all known, any.
  const outer = (level: Level, known: Set<string> | undefined): string | undefined => {
    if (reading.test(level.own)) return undefined
    for (const [, word = ""] of level.own.matchAll(qualified)) if (columns.includes(word)) return word
    if (known)
      for (const word of unqualified(level.own))
        if (!known.has(word) && !isAlias(word, level.own)) return word
    return inside(level, known)
  }
  const inside = ({ inner }: Level, known: Set<string> | undefined): string | undefined =>
    firstOf(inner, (level) => {
      const read = known && columnsRead(level)
      return outer(level, read && new Set([...(known ?? []), ...read]))
    })
  return outer(rule, new Set())
}

/** Whether a select gives that name to a value or a table. */
const isAlias = (word: string, select: string): boolean =>
  new RegExp(`\\bas\\s+@?${word}\\b|(?:\\b(?:from|join)\\b|,)[\\s(]*[@\\w.]+\\s+@?${word}\\b`, "i").test(
    select,
  )

/** The columns of the tables that a select reads; undefined where it may read others. */
function columnsRead({ own }: Level): string[] | undefined {
  const from = /\bfrom\b(.*?)(?:\b(?:where|group|order|having|limit|window)\b|$)/is.exec(own)?.[1]
  if (from === undefined || /\b(?:union|intersect|except|with|lateral|values)\b/i.test(own)) return undefined
  const sources = [...from.matchAll(/(?:^|,|\bjoin\b)[\s(]*(@?(?:\w+\.)?@?\w*)/gi)]
  const tables = sources.map(([, name = ""]) => loadedTables.get(name.replaceAll("@", "")))
  if (tables.includes(undefined)) return undefined
  return tables.flatMap((table) =>
    table ? Object.values(getTableColumns(table)).map(({ name }) => name) : [],
  )
}

/**
 * The name by which a subselect hides the rule's row; undefined where none does. The row goes by its table's name in a
 * write, and by t0, t1, … in a read: where a subselect reads a table by such a name, `row("column")` inside it would be
 * that table's column, and the rule would say another thing or nothing.
 */
export function hidingRow(outcome: SQL, table: string): string | undefined {
  const hiding = readingBy(`${table}|t\\d+`)
  const asksRow = ({ own, inner }: Level): boolean => own.includes("?row") || inner.some(asksRow)
  const inside = ({ inner }: Level): string | undefined =>
    firstOf(inner.filter(asksRow), (level) => hiding.exec(level.own)?.[1] ?? inside(level))
  return inside(levelsOf(textOf(outcome)))
}

function firstOf<T>(list: T[], find: (one: T) => string | undefined): string | undefined {
  for (const one of list) {
    const found = find(one)
    if (found) return found
  }
  return undefined
}

/** The text without its subselects, and then these. */
function withoutSelects(text: string): string[] {
  const selects: string[] = []
  const opened: number[] = []
  let outside = ""
  let from = 0
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "(") opened.push(i)
    if (text[i] !== ")") continue
    const start = opened.pop() ?? 0
    if (start < from || !/^\(\s*(select|with)\b/i.test(text.slice(start))) continue
    // An outer subselect follows its inner ones; what was cut before it began stays cut.
    if (opened.some((at) => /^\(\s*(select|with)\b/i.test(text.slice(at)))) continue
    outside += text.slice(from, start)
    selects.push(text.slice(start, i + 1))
    from = i + 1
  }
  return [outside + text.slice(from), ...selects]
}
