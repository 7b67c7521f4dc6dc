/** What one row of a table is called: a guess, for which a resource has the option `singular`. */
export const singularOf = (name: string): string => {
  if (/ies$/.test(name)) return name.replace(/ies$/, "y")
  if (/(ss|sh|ch|x|z)es$/.test(name)) return name.replace(/es$/, "")
  return /(ss|us|is)$/.test(name) ? name : name.replace(/s$/, "")
}

/** `line_item` as `LineItem`. */
export const pascal = (name: string): string =>
  name.replace(/(^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_, _separator, letter: string) => letter.toUpperCase())

/** Parameters of a list: a filter by a field of the same name would be ambiguous. */
const reserved = new Set(["after", "before", "count", "fields", "include", "limit", "skip", "sort"])

/** Why no query string can name a field or a relation of that name; undefined where it can. */
export function unnameable(name: string): string | undefined {
  if (reserved.has(name)) return `"${name}" is the name of a list's parameter`
  if (!/^\w+$/.test(name)) return `"${name}" holds more than letters, digits and _, which no filter can name`
  return undefined
}
