import { uuid7 } from "../lib/uuid7.ts"

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
const base = BigInt(digits.length)
/** As many digits as a number of 128 bits has. */
const length = 22

/** A key for a document: a UUID of version 7 in 22 letters and digits, whose order is that of the time. */
export function documentId(): string {
  let rest = BigInt(`0x${uuid7().replaceAll("-", "")}`)
  let text = ""
  for (let i = 0; i < length; i++) {
    text = digits[Number(rest % base)] + text
    rest /= base
  }
  return text
}
