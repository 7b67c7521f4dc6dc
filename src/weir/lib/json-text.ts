/** What is wrong within a JSON value, and where. */
export interface JsonIssue {
  path: (string | number)[]
  message: string
  code: "out_of_range" | "invalid_text" | "too_deep"
}

/** Most levels of nesting within a value. SQLite reads at most 1,000. */
const maxLevels = 199
const maxIssues = 20
/** Characters of the shortest number beyond a double: 1e309. */
const shortestInfinite = 5

/**
 * A JSON value as it was sent: its numbers with all their digits, its members all and in their order. Only whitespace
 * between tokens is left out.
 */
export class JsonText {
  readonly text: string
  readonly issues: readonly JsonIssue[]
  /** Values of members that stand for what the text says of them. */
  given?: Record<string, unknown>

  /** `source` must be valid JSON: `JSON.parse` has read it. */
  constructor(source: string) {
    const reader = new Reader(source)
    this.text = reader.read()
    this.issues = reader.issues
  }

  /** What is JSON without needless whitespace already, and was checked otherwise. */
  static checked(text: string): JsonText {
    return Object.assign(Object.create(JsonText.prototype), { text, issues: [] })
  }

  /** The text of a value, whether it was sent or made by a program. */
  static of(value: unknown): string {
    return value instanceof JsonText ? value.text : JSON.stringify(value)
  }

  toJSON(): unknown {
    return JSON.parse(this.text)
  }
}

/** An object or array that is being read, and the place in it. */
interface Level {
  isObject: boolean
  at: string | number
  /** Whether the next text is a member's name. */
  expectsName: boolean
}

/** Goes through a value token by token, so that nothing recurses into what a client has nested. */
class Reader {
  readonly issues: JsonIssue[] = []
  private readonly source: string
  private readonly levels: Level[] = []

  constructor(source: string) {
    this.source = source
  }

  read(): string {
    const { source } = this
    let text = ""
    let from = skipSpace(source, 0)
    for (let at = from; at < source.length; ) {
      const end = endOfToken(source, at)
      this.take(source[at] as string, at, end)
      at = skipSpace(source, end)
      if (at === end) continue
      text += source.slice(from, end)
      from = at
    }
    return from === 0 ? source : text + source.slice(from)
  }

  private take(first: string, at: number, end: number): void {
    const level = this.levels.at(-1)
    if (first === "{" || first === "[") this.open(first === "{")
    else if (first === "}" || first === "]") this.levels.pop()
    else if (first === "," && level) this.next(level)
    else if (first === '"') this.takeString(level, at, end)
    else if (end - at >= shortestInfinite && /[-\d]/.test(first)) this.takeNumber(at, end)
  }

  private open(isObject: boolean): void {
    if (this.levels.length === maxLevels)
      this.issues.push({ path: [], message: `nests deeper than ${maxLevels} levels`, code: "too_deep" })
    this.levels.push({ isObject, at: isObject ? "" : 0, expectsName: isObject })
  }

  private next(level: Level): void {
    if (level.isObject) level.expectsName = true
    else level.at = (level.at as number) + 1
  }

  private takeNumber(at: number, end: number): void {
    if (!Number.isFinite(Number(this.source.slice(at, end)))) this.issue("is out of range", "out_of_range")
  }

  private takeString(level: Level | undefined, at: number, end: number): void {
    const value = stringAt(this.source, at, end)
    if (level?.expectsName) {
      level.expectsName = false
      level.at = value.toWellFormed()
    }
    if (!value.isWellFormed()) this.issue("must not hold broken Unicode", "invalid_text")
  }

  /** Adds what is wrong at the present place. */
  private issue(message: string, code: JsonIssue["code"]): void {
    if (this.issues.length < maxIssues)
      this.issues.push({ path: this.levels.map(({ at }) => at), message, code })
  }
}

/**
 * Puts the text of some members in place of their values, null aside: of an object, or of each object of an array.
 * `value` is what `JSON.parse` has made of `text`.
 */
export function keepText<T>(value: T, text: string, names: ReadonlySet<string>): T {
  const start = skipSpace(text, 0)
  if (!Array.isArray(value)) {
    keepMembers(value, text, start, names)
    return value
  }
  let at = skipSpace(text, start + 1)
  for (const element of value) {
    at = skipSpace(text, keepMembers(element, text, at, names))
    // The comma, or the end.
    at = skipSpace(text, at + 1)
  }
  return value
}

/** The text of the whole: of an array, of each element. `value` is what `JSON.parse` has made of `text`. */
export function wholeText(value: unknown, text: string): JsonText | JsonText[] {
  if (!Array.isArray(value)) return JsonText.checked(text)
  let at = skipSpace(text, skipSpace(text, 0) + 1)
  return value.map(() => {
    const end = endOfValue(text, at)
    const element = JsonText.checked(text.slice(at, end))
    // The comma, or the end.
    at = skipSpace(text, skipSpace(text, end) + 1)
    return element
  })
}

/** Does the same for one value at a place of the text, and returns where it ends. */
function keepMembers(value: unknown, text: string, start: number, names: ReadonlySet<string>): number {
  const row = value as Record<string, unknown>
  return eachMember(text, start, (name, from, end) => {
    // Of a name that comes twice, the last value counts, as for `JSON.parse`.
    if (names.has(name) && row[name] !== null) row[name] = new JsonText(text.slice(from, end))
  })
}

/** Tells where the value of each member of an object stands, and returns where the value at `start` ends. */
export function eachMember(
  text: string,
  start: number,
  take: (name: string, from: number, end: number) => void,
): number {
  if (text[start] !== "{") return endOfValue(text, start)
  let at = skipSpace(text, start + 1)
  while (text[at] !== "}") {
    const endOfName = endOfToken(text, at)
    const from = skipSpace(text, skipSpace(text, endOfName) + 1)
    const end = endOfValue(text, from)
    take(stringAt(text, at, endOfName), from, end)
    at = skipSpace(text, end)
    if (text[at] === ",") at = skipSpace(text, at + 1)
  }
  return at + 1
}

/** JSON of a value some of whose members are `JsonText`: of an object, or of an object in it. */
export function jsonWithText(value: unknown, levels = 2): string {
  if (value instanceof JsonText) return value.text
  if (levels === 0 || typeof value !== "object" || value === null || Array.isArray(value))
    return JSON.stringify(value)
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([name, member]) => `${JSON.stringify(name)}:${jsonWithText(member, levels - 1)}`)
  return `{${members.join(",")}}`
}

/** The string of a token. */
function stringAt(text: string, at: number, end: number): string {
  const inner = text.slice(at + 1, end - 1)
  return inner.includes("\\") ? (JSON.parse(text.slice(at, end)) as string) : inner
}

function endOfValue(text: string, start: number): number {
  let depth = 0
  for (let at = start; ; ) {
    const char = text[at]
    if (char === "{" || char === "[") depth++
    else if (char === "}" || char === "]") depth--
    const end = endOfToken(text, at)
    if (depth === 0) return end
    at = skipSpace(text, end)
  }
}

const endsWord = /[,:\]}\s]|$/g

function endOfToken(text: string, at: number): number {
  const char = text[at] as string
  if ("{}[],:".includes(char)) return at + 1
  if (char === '"') return endOfString(text, at)
  endsWord.lastIndex = at
  return endsWord.exec(text)?.index ?? text.length
}

function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let escapes = 0
    while (text[end - 1 - escapes] === "\\") escapes++
    if (escapes % 2 === 0) return end + 1
  }
}

/** Where the next token begins. */
export function skipSpace(text: string, start: number): number {
  let at = start
  while (isSpace(text.charCodeAt(at))) at++
  return at
}

/** Space, line feed, carriage return and tab (RFC 8259, 2). */
const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
