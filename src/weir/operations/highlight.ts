import { type SearchTerm, type Word, wordsOf } from "../lib/search-words.ts"
import { highlightName, type SearchQuery } from "../query/search.ts"

/** Most characters of a text that are shown: of a longer one, a passage around the first match. */
const maxPassage = 300
/** How many of them stand before the first match. */
const before = 60

/** The JSON of a row with what shows where the search matched, of the fields that the row has. */
export function highlighted({ parts, terms }: SearchQuery, row: string): string {
  const members = JSON.parse(row) as Record<string, unknown>
  const shown: Record<string, string> = {}
  for (const { name, member } of parts) {
    const text = at(members, member)
    const marked = typeof text === "string" ? marksIn(text, terms) : undefined
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
export function marksIn(text: string, terms: SearchTerm[]): string | undefined {
  const words = wordsOf(text)
  const positive = terms.filter(({ negative }) => !negative)
  const spans: { start: number; end: number }[] = []
  for (let i = 0; i < words.length; ) {
    const length = Math.max(0, ...positive.map((term) => (beginsAt(words, i, term) ? term.words.length : 0)))
    if (length) spans.push({ start: (words[i] as Word).start, end: (words[i + length - 1] as Word).end })
    i += Math.max(1, length)
  }
  const [first] = spans
  if (!first) return undefined
  const [from, to] = passage(text, words, first.start)
  let html = from > 0 ? "…" : ""
  let end = from
  for (const span of spans) {
    if (span.end > to) break
    html += `${escaped(text.slice(end, span.start))}<mark>${escaped(text.slice(span.start, span.end))}</mark>`
    end = span.end
  }
  return `${html}${escaped(text.slice(end, to))}${to < text.length ? "…" : ""}`
}

const beginsAt = (words: Word[], start: number, { words: asked, prefix }: SearchTerm): boolean =>
  asked.every((word, i) => {
    const there = words[start + i]?.word
    return prefix && i === asked.length - 1 ? there?.startsWith(word) === true : there === word
  })

/** Which part of a text is shown: it begins and ends with whole words where these are short. */
function passage(text: string, words: Word[], match: number): [from: number, to: number] {
  if (text.length <= maxPassage) return [0, text.length]
  const earliest = Math.max(0, Math.min(match - before, text.length - maxPassage))
  const from = earliest === 0 ? 0 : (words.find(({ start }) => start >= earliest)?.start ?? match)
  const start = Math.min(from, match)
  if (start + maxPassage >= text.length) return [start, text.length]
  const last = words.findLast(({ end }) => end <= start + maxPassage)
  return [start, Math.max(last && last.end > match ? last.end : 0, match + 1)]
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
