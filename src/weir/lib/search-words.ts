import { emojiRanges, foldRuns, markRanges, wordRanges } from "./search-characters-table.ts"

/** A range of characters, both ends included. */
type CharacterRange = readonly [first: number, last: number]

const base = 36

function ranges(text: string): CharacterRange[] {
  let end = 0
  return text.split(" ").map((entry) => {
    const [start = "", length = "0"] = entry.split("-")
    const first = end + Number.parseInt(start, base)
    end = first + Number.parseInt(length, base)
    return [first, end]
  })
}

function folded(text: string): Map<string, string> {
  const pairs = new Map<string, string>()
  let end = 0
  for (const entry of text.split(" ")) {
    const [start, difference, count, step] = entry.split(",")
    const number = (digits: string | undefined) => Number.parseInt(digits || "1", base)
    let character = end + Number.parseInt(start as string, base)
    for (let n = number(count); n > 0; n--) {
      const target = character + Number.parseInt(difference as string, base)
      pairs.set(String.fromCodePoint(character), String.fromCodePoint(target))
      end = character
      character += number(step)
    }
  }
  return pairs
}

const characters = (list: CharacterRange[]): string => {
  let text = ""
  for (const [first, last] of list)
    for (let code = first; code <= last; code++) text += String.fromCodePoint(code)
  return text
}

/** The inside of a regular expression's brackets, for JavaScript and Postgres alike. */
const classOf = (list: CharacterRange[]): string =>
  list
    .map(([first, last]) => [...new Set([first, last])].map((code) => String.fromCodePoint(code)).join("-"))
    .join("")

/** The characters of words. */
export const wordClass: string = classOf(ranges(wordRanges))
/** Marks that words are compared without: those that combine with a letter. */
export const markClass: string = classOf(ranges(markRanges))
export const marks: string = characters(ranges(markRanges))
/** Emoji that FTS5 would take for letters. */
export const emoji: string = characters(ranges(emojiRanges))
/** Characters and what words are compared by: their lower case, without diacritics. */
export const folds: ReadonlyMap<string, string> = folded(foldRuns)

/** A word of a text: as it is compared, and where it stands. */
export interface Word {
  word: string
  start: number
  end: number
}

const word = new RegExp(`[${wordClass}][${wordClass}${markClass}]*`, "gu")
const mark = new RegExp(`[${markClass}]`, "u")

/** The words of a text, in lower case and without diacritics, as full-text search finds them on every database. */
export function wordsOf(text: string): Word[] {
  return [...text.matchAll(word)].map(({ 0: found, index }) => ({
    word: foldedWord(found),
    start: index,
    end: index + found.length,
  }))
}

function foldedWord(found: string): string {
  let result = ""
  for (const character of found) if (!mark.test(character)) result += folds.get(character) ?? character
  return result
}

/** A term of a search: a word, or several that stand one after another. */
export interface SearchTerm {
  words: string[]
  /** Whether the last word may go on. */
  prefix: boolean
  /** Whether it must not be there. */
  negative: boolean
}
