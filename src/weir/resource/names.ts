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
const reserved = new Set(["after", "before", "count", "fields", "filter", "include", "limit", "skip", "sort"])

/** Parameters of aggregates, which a list has only where it is asked for these. */
const ofAggregates = new Set(["aggregate", "group", "having", "tz"])

/** Whether a filter by the field's name alone would be a list's own parameter: `[eq]` after it tells them apart. */
export const isReserved = (name: string): boolean => reserved.has(name) || ofAggregates.has(name)

/** Whether a filter can name a field. */
export const isFilterable = (name: string): boolean => /^\w+$/.test(name)

/** Why no query string can name a field or a relation of that name; undefined where it can. */
export function unnameable(name: string): string | undefined {
  if (reserved.has(name)) return `"${name}" is the name of a list's parameter`
  if (!/^\w+$/.test(name)) return `"${name}" holds more than letters, digits and _, which no filter can name`
  return undefined
}

/** A name as its words, in lower case: `passwordHash` and `password_hash` alike. */
const wordsOf = (name: string): string[] =>
  name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean)

/** Words that name a secret wherever they stand, and those that do so at the end of a name. */
const secretWords = new Set(
  "password passwd passcode passcodes pwd passphrase secret secrets otp totp credentials mnemonic".split(" "),
)
const secretEnds = new Set(["token", "tokens", "hash", "hashed", "salt", "jwt", "pin", "pw"])
const secretKeys = new Set(
  "api private secret signing encryption access auth master session hashed".split(" "),
)
const secretCodes = new Set(["backup", "recovery", "reset", "pin", "seed"])
const valueWords = new Set(["value", "encrypted", "digest", "plain", "raw", "text"])
/** Words at the end of a name that is about a secret, and is none. */
const aboutSecrets = new Set(
  "at on kind type hint label name id ids count expires expiry expired created updated changed enabled required confirmed verified set status state scope length algorithm policy".split(
    " ",
  ),
)

/** Words at the end of the name of a number that is no secret: how many tokens there are, a hash for a table. */
const counted = new Set(["token", "tokens", "hash", "hashed", "salt"])

/**
 * Whether a column's name looks like that of a secret: a password, a token, a hash, a private key. Of a number, only what
 * people type in looks so: a one-time password, a PIN.
 */
export function looksSecret(names: string[], isNumber = false): boolean {
  return names.some((name) => {
    const words = wordsOf(name)
    while (words.length > 1 && valueWords.has(words.at(-1) ?? "")) words.pop()
    const last = words.at(-1) ?? ""
    if (aboutSecrets.has(last) || (isNumber && counted.has(last))) return false
    if (words.some((word) => secretWords.has(word)) || secretEnds.has(last)) return true
    const pair = (noun: RegExp, kinds: Set<string>) =>
      words.some((word, i) => noun.test(words[i + 1] ?? "") && kinds.has(word))
    return pair(/^keys?$/, secretKeys) || pair(/^(codes?|phrase)$/, secretCodes) || /^apikeys?$/.test(last)
  })
}

/** The name by which `fields` asks for a row's validator, and its member: the ETag without its quotes. */
export const versionName = "_version"
