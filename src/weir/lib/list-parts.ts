/** A part of a list, and whether it stood in quotes. */
export interface ListPart {
  text: string
  isQuoted: boolean
}

/** Splits `a,b,"c,d"`; quotes are doubled inside quotes (RFC 4180). Undefined when a quote is left open. */
export function quotedParts(text: string): ListPart[] | undefined {
  const part = /(?:"((?:[^"]|"")*)"|([^",][^,]*|))(,|$)/y
  const parts: ListPart[] = []
  for (;;) {
    const match = part.exec(text)
    if (!match) return undefined
    const [, quoted, plain = ""] = match
    parts.push({ text: quoted?.replaceAll('""', '"') ?? plain, isQuoted: quoted !== undefined })
    if (match[3] !== ",") return parts
  }
}

/** The texts of such a list. */
export const listParts = (text: string): string[] | undefined => quotedParts(text)?.map((part) => part.text)

/** A list of these texts, as `listParts` splits it. */
export const listText = (texts: readonly string[]): string =>
  texts.map((text) => (/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)).join(",")
