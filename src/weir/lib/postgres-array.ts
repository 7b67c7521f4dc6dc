/** An array as Postgres prints it: its elements, in lists where it has several dimensions. */
export type PostgresArray<T> = (T | null | PostgresArray<T>)[]

/**
 * Parses an array of Postgres, such as `{1,NULL,"a b"}`, and each of its elements with `parse`.
 * https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
 */
export function parseArray<T = string>(
  text: string,
  parse: (element: string) => T = (element) => element as T,
): PostgresArray<T> {
  // Bounds that do not begin at 1 stand before the braces: `[0:1]={a,b}`.
  let at = text.indexOf("{") + 1
  const list = (): PostgresArray<T> => {
    const elements: PostgresArray<T> = []
    for (;;) {
      const char = text[at]
      if (char === undefined) return elements
      if (char === "}") {
        at++
        return elements
      }
      if (char === ",") at++
      else if (char === "{") {
        at++
        elements.push(list())
      } else if (char === '"') elements.push(parse(quoted()))
      else elements.push(plain())
    }
  }
  const quoted = (): string => {
    let element = ""
    for (at++; text[at] !== '"' && at < text.length; at++)
      element += text[at] === "\\" ? text[++at] : text[at]
    at++
    return element
  }
  const plain = (): T | null => {
    const end = /[,}]|$/g
    end.lastIndex = at
    const element = text.slice(at, end.exec(text)?.index)
    at += element.length
    return element === "NULL" ? null : parse(element)
  }
  return list()
}
