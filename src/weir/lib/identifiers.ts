/**
 * What no name may hold, since nobody sees it: control and format characters (zero-width, bidirectional), separators of
 * lines, private and unassigned ones, and those that are ignored when text is drawn (variation selectors, fillers).
 */
const hidden =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800]/u

/** Whether a name holds characters that nobody sees. */
export const holdsHidden = (text: string): boolean => hidden.test(text)

const isAscii = (text: string): boolean => !/[^\0-\x7f]/.test(text)

/** A domain's labels (RFC 1123), with a top-level one that is no number: that would be an address. */
const domainLabels =
  /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?![0-9]+$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/**
 * An email as it is stored and compared: NFC, in lower case, its domain in the ASCII form of UTS 46. What is no email
 * stays as it is.
 *
 * @example normalizedEmail(" Ann@Bücher.Example ") // "ann@xn--bcher-kva.example"
 */
export function normalizedEmail(text: string): string {
  const email = text.trim().normalize("NFC").toLowerCase()
  const at = email.lastIndexOf("@")
  return at < 0 ? email : `${email.slice(0, at + 1)}${asciiDomain(email.slice(at + 1))}`
}

/** Whether a normalized email has a domain that mail can be sent to. */
export const hasMailDomain = (email: string): boolean => {
  const domain = email.slice(email.lastIndexOf("@") + 1)
  return domain.length <= 253 && domainLabels.test(domain) && asciiDomain(domain) === domain
}

/** The ASCII form of a domain: every runtime's URL has UTS 46. A domain that it refuses stays as it is. */
function asciiDomain(domain: string): string {
  if (isAscii(domain) && !/(^|\.)xn--/.test(domain)) return domain
  // Delimiters of a URL would end its host.
  if (/[\s/?#:@\\%[\]]/.test(domain) || holdsHidden(domain)) return domain
  const url = `http://${domain}/`
  return URL.canParse(url) ? new URL(url).hostname : domain
}

/**
 * A user name as it is stored: NFC, with the case of its ASCII letters, and others in lower case. So the lower case that
 * SQLite knows, of ASCII alone, tells whether two names differ in more than their case.
 *
 * @example normalizedUsername(" Émile ") // "émile"
 */
export const normalizedUsername = (text: string): string =>
  text
    .trim()
    .normalize("NFC")
    .replace(/[^\0-\x7f]/gu, (char) => char.toLowerCase())
    .normalize("NFC")

/** Whether a user name is plain: without spaces, and without variants of other characters (RFC 8264, HasCompat). */
export const isPlainName = (name: string): boolean =>
  !/\s/u.test(name) && name.normalize("NFKC") === name.normalize("NFC")

/** A user name as it is compared: two that differ in case only are one. */
export const foldedUsername = (name: string): string => name.toLowerCase()
