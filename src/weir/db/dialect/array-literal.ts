/**
 * The text of an array of Postgres that nests `depth` deep: `{{"a"},{NULL}}`, with elements as `encode` makes their
 * text. What is an array in an array of JSON is an element.
 */
export function arrayLiteral(
  values: readonly unknown[],
  depth: number,
  encode: (value: unknown) => unknown,
): string {
  const elements = values.map((value) => {
    if (depth > 1 && Array.isArray(value)) return arrayLiteral(value, depth - 1, encode)
    const text = encode(value)
    return text === null ? "NULL" : `"${String(text).replace(/[\\"]/g, "\\$&")}"`
  })
  return `{${elements.join(",")}}`
}
