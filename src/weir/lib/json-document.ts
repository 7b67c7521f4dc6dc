import type { JsonIssue } from "./json-text.ts"

/** Most levels of nesting within a document, itself included. */
export const documentLevels = 32

/** Most digits of a number before and after its point, as Postgres keeps them. */
const digitsBefore = 131_072
const digitsAfter = 16_383

const maxIssues = 20

/** A document as it is stored. */
export interface JsonDocument {
  /** The texts of its own members: each name once, of which the last value counts, as for `JSON.parse`. */
  members: Map<string, string>
  /** The bytes of all members, with every digit of each number written out: a database may do so. */
  bytes: number
  issues: JsonIssue[]
}

/**
 * Reads a document from text that is valid JSON. Numbers keep their digits, and no whitespace, no name that comes twice
 * and no needless escape is left. Undefined where the text is no object.
 */
export function readDocument(source: string): JsonDocument | undefined {
  const reader = new Reader(source)
  return reader.document()
}

/** The text of members. */
export const documentText = (members: ReadonlyMap<string, string>): string =>
  `{${[...members].map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(",")}}`

const number = /-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?/y
const word = /true|false|null/y
const space = /[ \t\n\r]*/y

class Reader {
  private readonly source: string
  private readonly issues: JsonIssue[] = []
  private readonly path: (string | number)[] = []
  private at = 0
  /** The bytes that numbers have more when they are written out. */
  private further = 0

  constructor(source: string) {
    this.source = source
    this.skip()
  }

  document(): JsonDocument | undefined {
    if (this.source[this.at] !== "{") return undefined
    const members = this.members()
    const bytes = Buffer.byteLength(documentText(members)) + this.further
    return { members, bytes, issues: this.issues }
  }

  private value(): string {
    const first = this.source[this.at]
    if (first === "{") return documentText(this.members())
    if (first === "[") return this.array()
    if (first === '"') return this.text()
    return first === "-" || (first !== undefined && first >= "0" && first <= "9")
      ? this.number()
      : this.match(word)[0]
  }

  private members(): Map<string, string> {
    const members = new Map<string, string>()
    this.enter()
    while (this.source[this.at] !== "}") {
      const name = JSON.parse(this.string()) as string
      this.path.push(name.toWellFormed())
      this.check(name)
      // The colon.
      this.step()
      members.set(name, this.value())
      this.path.pop()
      this.skip()
      if (this.source[this.at] === ",") this.step()
    }
    this.at++
    return members
  }

  private array(): string {
    const elements: string[] = []
    this.enter()
    while (this.source[this.at] !== "]") {
      this.path.push(elements.length)
      elements.push(this.value())
      this.path.pop()
      this.skip()
      if (this.source[this.at] === ",") this.step()
    }
    this.at++
    return `[${elements.join(",")}]`
  }

  private text(): string {
    const token = this.string()
    if (!token.includes("\\")) {
      if (!token.isWellFormed()) this.check(token)
      return token
    }
    const value = JSON.parse(token) as string
    this.check(value)
    return JSON.stringify(value)
  }

  /** Zero has no sign, since Postgres keeps none. */
  private number(): string {
    const [token, whole = "", fraction = "", exponent = "0"] = this.match(number)
    if (/^0*$/.test(whole + fraction)) return fraction ? `0.${fraction.slice(0, digitsAfter)}` : "0"
    const shift = Number(exponent)
    const [before, after] = [Math.max(1, whole.length + shift), Math.max(0, fraction.length - shift)]
    if (before > digitsBefore || after > digitsAfter) this.issue("has too many digits", "out_of_range")
    else this.further += Math.max(0, before + after - token.length)
    return token
  }

  /** Goes into an object or an array, to its first token. */
  private enter(): void {
    if (this.path.length === documentLevels)
      this.issue(`nests deeper than ${documentLevels} levels`, "too_deep")
    this.step()
  }

  /** The token of a string, of which the place is the first quote. */
  private string(): string {
    const start = this.at
    for (let end = this.source.indexOf('"', start + 1); ; end = this.source.indexOf('"', end + 1)) {
      let escapes = 0
      while (this.source[end - 1 - escapes] === "\\") escapes++
      if (escapes % 2) continue
      this.at = end + 1
      const token = this.source.slice(start, this.at)
      this.skip()
      return token
    }
  }

  private check(text: string): void {
    if (!text.isWellFormed()) this.issue("must not hold broken Unicode", "invalid_text")
    else if (text.includes("\0")) this.issue("must not hold NUL", "invalid_text")
  }

  private match(pattern: RegExp): RegExpExecArray {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.source)
    if (!found) throw new SyntaxError(`no JSON at ${this.at}`)
    this.at = pattern.lastIndex
    return found
  }

  /** Goes on to the next token after one of a single character. */
  private step(): void {
    this.at++
    this.skip()
  }

  private skip(): void {
    space.lastIndex = this.at
    space.exec(this.source)
    this.at = space.lastIndex
  }

  private issue(message: string, code: JsonIssue["code"]): void {
    if (this.issues.length < maxIssues) this.issues.push({ path: [...this.path], message, code })
  }
}
