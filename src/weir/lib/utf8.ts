const strict = new TextDecoder("utf-8", { fatal: true })

/** The text of UTF-8, without a byte order mark in front; undefined for bytes that are none (RFC 3629). */
export function decodeUtf8(bytes: ArrayBuffer): string | undefined {
  try {
    return strict.decode(bytes)
  } catch {
    return undefined
  }
}

/** The position of the first byte that is not UTF-8. */
export function notUtf8At(bytes: ArrayBuffer | Uint8Array): number {
  const given = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes)
  // The decoder replaces what it cannot read, so that the bytes differ from there on.
  const read = new TextEncoder().encode(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes))
  return given.findIndex((byte, i) => byte !== read[i])
}

/** Whether what is percent-encoded in a URL or a form is UTF-8. A percent sign without two digits is itself. */
export function isEncodedUtf8(text: string): boolean {
  if (!/%[89a-f]/i.test(text)) return true
  try {
    decodeURIComponent(text.replace(/%(?![\da-f]{2})/gi, "%25"))
    return true
  } catch {
    return false
  }
}

export const notUtf8 = "is not UTF-8"

/** The names of a query string's or a form's parameters that are not UTF-8, or whose value is not. */
export function paramsNotUtf8(text: string): string[] {
  if (isEncodedUtf8(text)) return []
  const wrong = text
    .replace(/^\?/, "")
    .split("&")
    .filter((param) => !isEncodedUtf8(param))
  return [...new Set(wrong.map(nameOf))]
}

/** The name of a parameter; as it was sent where that is not UTF-8 itself. */
function nameOf(param: string): string {
  const name = param.split("=", 1)[0] as string
  return isEncodedUtf8(name) ? ([...new URLSearchParams(name).keys()][0] ?? "") : name
}
