/** The text of an array of Postgres: `{"a",NULL,{"b"}}`, with elements as `encode` makes their text. */
export function arrayLiteral(values: readonly unknown[], encode: (value: unknown) => unknown): string {
  const elements = values.map((value) => {
    if (Array.isArray(value)) return arrayLiteral(value, encode)
    const text = encode(value)
    return text === null ? "NULL" : `"${String(text).replace(/[\\"]/g, "\\$&")}"`
  })
  return `{${elements.join(",")}}`
}
