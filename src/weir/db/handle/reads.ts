/** What may hold any word: comments, literals and quoted names. */
const opaque =
  /--[^\n]*|\/\*[\s\S]*?\*\/|\be'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\$([a-z_]\w*)?\$[\s\S]*?\$\1\$/gi
const begins = /^[\s(]*(?:select|values|table|with)\b/i
/** `into` stands in every insert, and in a `select` that makes a table; `for update` changes nothing. */
const writes = /\b(?:into|delete)\b|(?<!\b(?:for|key)\s+)\bupdate\b|;\s*\S/i

/**
 * Whether a statement only reads, also one that begins with tables of its own (`with`). Where its text leaves a doubt,
 * it counts as a write. What a function that it calls writes is not seen.
 */
export function isRead(text: string): boolean {
  const bare = text.replace(opaque, (part) => (/^(?:--|\/\*)/.test(part) ? " " : " _ "))
  return begins.test(bare) && !writes.test(bare)
}
