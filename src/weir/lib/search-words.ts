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

const isWord = 1
const isMark = 2
/** What each character may be of a word. Built at the first use: a look takes a fraction of a regular expression's time. */
let parts: Uint8Array | undefined

function partsOfWords(): Uint8Array {
  const found = new Uint8Array(0x110000)
  const add = (list: CharacterRange[], part: number) => {
    for (const [first, last] of list)
      for (let code = first; code <= last; code++) found[code] = (found[code] as number) | part
  }
  add(ranges(wordRanges), isWord)
  add(ranges(markRanges), isMark)
  return found
}

/** The words of a text one after another, in lower case and without diacritics, as full-text search finds them. */
export function* wordsIn(text: string): Generator<Word, void> {
  parts ??= partsOfWords()
  for (let i = 0; i < text.length; ) {
    const start = i
    let wanted = isWord
    for (;;) {
      const code = text.codePointAt(i)
      // Beyond the end there is none.
      if (code === undefined || !((parts[code] as number) & wanted)) break
      wanted = isWord | isMark
      i += code > 0xffff ? 2 : 1
    }
    if (i === start) i += (text.codePointAt(i) as number) > 0xffff ? 2 : 1
    else yield { word: foldedWord(text.slice(start, i)), start, end: i }
  }
}

/** All words of a text. */
export const wordsOf = (text: string): Word[] => [...wordsIn(text)]

const ascii = /^[0-9A-Za-z]*$/

function foldedWord(found: string): string {
  if (ascii.test(found)) return found.toLowerCase()
  let result = ""
  for (const character of found)
    if (!((parts?.[character.codePointAt(0) as number] as number) & isMark))
      result += folds.get(character) ?? character
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
