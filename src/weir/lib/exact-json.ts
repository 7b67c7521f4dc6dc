/** A number of JSON in its own digits. */
export class ExactNumber {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** `JSON.parse`, with numbers in their own digits. Throws a `SyntaxError` where the text is no JSON. */
export function parseExactly(text: string): unknown {
  // The third argument is of ECMAScript 2026, which the types lack.
  const reviver = (_name: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === "number" ? new ExactNumber(context?.source ?? String(value)) : value
  return JSON.parse(text, reviver)
}
