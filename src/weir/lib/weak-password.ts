import { isCommonPassword } from "./common-passwords.ts"

/** Why a password is refused: in words, and as a code. */
export interface Weakness {
  message: string
  code: "common_password" | "holds_name"
}

/** Shorter names are in too many words to say anything. */
const shortestName = 3

/**
 * Why a password is easy to guess: it is one of the commonest, or holds one of the names of its user, an email's local
 * part among them, in whatever case (NIST SP 800-63B, 3.1.1.2). Undefined where it is neither.
 *
 * @example weaknessOf("ann-2026-xyz", ["ann@example.com"])?.code // "holds_name"
 */
export function weaknessOf(password: string, names: readonly string[] = []): Weakness | undefined {
  if (isCommonPassword(password.trim()))
    return { message: "is one of the most common passwords: choose another", code: "common_password" }
  const text = folded(password)
  const held = names.flatMap(partsOf).some((name) => [...name].length >= shortestName && text.includes(name))
  return held ? { message: "must not hold the user's own name or email", code: "holds_name" } : undefined
}

const folded = (text: string): string => text.normalize("NFKC").toLowerCase()

/** A name, or of an email its local part, with and without a tag (`ann+news`). */
function partsOf(name: string): string[] {
  const at = name.lastIndexOf("@")
  const local = folded(at < 0 ? name : name.slice(0, at)).trim()
  return [local, local.split("+")[0] as string]
}
