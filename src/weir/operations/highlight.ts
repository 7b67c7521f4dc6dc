import { type SearchTerm, type Word, wordsIn } from "../lib/search-words.ts"
import { highlightName, type SearchQuery } from "../query/search.ts"
import type { CallTurns } from "./turns.ts"

/** Most characters of a text that are shown: of a longer one, a passage around the first match. */
const maxPassage = 300
/** How many of them stand before the first match. */
const before = 60

/** How many words are looked at between two looks at the clock. */
const wordsPerLook = 64

/**
 * The text of a page, whose rows have what shows where the search matched. Of each text no more is looked at than what
 * is shown and what stands before it, and others have their turn meanwhile.
 */
export async function withMatches(
  search: SearchQuery,
  body: string,
  separator: string,
  turns: CallTurns,
): Promise<string> {
  const rows: string[] = []
  for (const row of body.slice(1, -1).split(separator)) {
    rows.push(await highlighted(search, row, turns))
    if (turns.isOver()) await turns.rest()
  }
  // The brackets are within the join: put around it, they would have the whole text copied once more.
  rows[0] = `[${rows[0]}`
  rows.push(`${rows.pop()}]`)
  const text = rows.join(separator)
  if (turns.isOver()) await turns.rest()
  return text
}

/** The JSON of a row with what shows where the search matched, of the fields that the row has. */
async function highlighted({ parts, terms }: SearchQuery, row: string, turns: CallTurns): Promise<string> {
  const members = JSON.parse(row) as Record<string, unknown>
  const shown: Record<string, string> = {}
  for (const { name, member } of parts) {
    const text = at(members, member)
    const marked = typeof text === "string" ? await marksIn(text, terms, turns) : undefined
    if (marked !== undefined) shown[name] = marked
  }
  const start = row.slice(0, row.lastIndexOf("}")).trimEnd()
  return `${start}${start.endsWith("{") ? "" : ","}${JSON.stringify(highlightName)}:${JSON.stringify(shown)}}`
}

function at(value: unknown, path: readonly string[]): unknown {
  let found = value
  for (const name of path)
    found =
      typeof found === "object" && found !== null && Object.hasOwn(found, name)
        ? (found as Record<string, unknown>)[name]
        : undefined
  return found
}

/** A text as HTML with its matches marked; undefined where there is none. */
async function marksIn(text: string, terms: SearchTerm[], turns: CallTurns): Promise<string | undefined> {
  const found = await passageIn(text, terms, turns)
  if (!found) return undefined
  const { from, to, spans } = found
  let html = from > 0 ? "…" : ""
  let end = from
  for (const span of spans) {
    html += `${escaped(text.slice(end, span.start))}<mark>${escaped(text.slice(span.start, span.end))}</mark>`
    end = span.end
  }
  return `${html}${escaped(text.slice(end, to))}${to < text.length ? "…" : ""}`
}

type Span = Pick<Word, "start" | "end">

/**
 * Which part of a text is shown, and what matches in it. It begins and ends with whole words where these are short.
 * Undefined where nothing matches.
 */
async function passageIn(
  text: string,
  terms: SearchTerm[],
  turns: CallTurns,
): Promise<{ from: number; to: number; spans: Span[] } | undefined> {
  const positive = terms.filter(({ negative }) => !negative)
  const longest = Math.max(0, ...positive.map(({ words }) => words.length))
  const source = wordsIn(text)
  /** The words from a passage's length before the present one on, as far as they are needed. */
  const words: Word[] = []
  const spans: Span[] = []
  let from: number | undefined
  let looks = 0
  for (let i = 0; ; ) {
    while (words.length < i + longest) {
      const next = source.next()
      if (next.done) break
      words.push(next.value)
    }
    const word = words[i]
    if (!word || (from !== undefined && word.start > from + maxPassage)) break
    const length = Math.max(0, ...positive.map((term) => (beginsAt(words, i, term) ? term.words.length : 0)))
    if (length) {
      spans.push({ start: word.start, end: (words[i + length - 1] as Word).end })
      from ??= beginningOf(text, words, word.start)
    }
    i += Math.max(1, length)
    if (++looks % wordsPerLook) continue
    if (from === undefined) i -= words.splice(0, firstFrom(words, word.start - maxPassage)).length
    if (turns.isOver()) await turns.rest()
  }
  if (from === undefined) return undefined
  const to = endOf(text, words, from, (spans[0] as Span).start)
  return { from, to, spans: spans.filter(({ end }) => end <= to) }
}

const beginsAt = (words: Word[], start: number, { words: asked, prefix }: SearchTerm): boolean =>
  asked.every((word, i) => {
    const there = words[start + i]?.word
    return prefix && i === asked.length - 1 ? there?.startsWith(word) === true : there === word
  })

/** Which of the words is the first that begins there or later. */
function firstFrom(words: Word[], start: number): number {
  const at = words.findIndex((word) => word.start >= start)
  return at < 0 ? words.length : at
}

/** Where the passage around the first match begins. */
function beginningOf(text: string, words: Word[], match: number): number {
  const earliest = Math.max(0, Math.min(match - before, text.length - maxPassage))
  return earliest === 0 ? 0 : Math.min(words[firstFrom(words, earliest)]?.start ?? match, match)
}

/** Where the passage around the first match ends. */
function endOf(text: string, words: Word[], from: number, match: number): number {
  if (from + maxPassage >= text.length) return text.length
  const last = words.findLast(({ end }) => end <= from + maxPassage)
  return Math.max(last && last.end > match ? last.end : 0, match + 1)
}

const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
}
const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => entities[character] as string)
