/** Splits `a,b,"c,d"`; quotes are doubled inside quotes (RFC 4180). Undefined when a quote is left open. */
export function listParts(text: string): string[] | undefined {
  const part = /(?:"((?:[^"]|"")*)"|([^",][^,]*|))(,|$)/y
  const parts: string[] = []
  for (;;) {
    const match = part.exec(text)
    if (!match) return undefined
    parts.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? "")
    if (match[3] !== ",") return parts
  }
}
