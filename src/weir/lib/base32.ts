const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

/** Bytes as base32 without padding (RFC 4648, 6). */
export function base32(bytes: Uint8Array): string {
  let [text, bits, held] = ["", 0, 0]
  for (const byte of bytes) {
    held = (held << 8) | byte
    for (bits += 8; bits >= 5; bits -= 5) text += alphabet[(held >>> (bits - 5)) & 31]
    held &= (1 << bits) - 1
  }
  return bits ? text + alphabet[(held << (5 - bits)) & 31] : text
}

/** The bytes of base32, in whatever case, with spaces, hyphens and padding or without; undefined for other text. */
export function fromBase32(text: string): Uint8Array | undefined {
  const digits = text.replace(/[\s-]/g, "").replace(/=+$/, "").toUpperCase()
  const bytes = new Uint8Array(Math.floor((digits.length * 5) / 8))
  let [at, bits, held] = [0, 0, 0]
  for (const digit of digits) {
    const value = alphabet.indexOf(digit)
    if (value < 0) return undefined
    held = ((held << 5) | value) & 0xfff
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes[at++] = held >>> bits
  }
  // What is left of the last digit is less than a digit, and zero.
  return bits < 5 && (held & ((1 << bits) - 1)) === 0 ? bytes : undefined
}
