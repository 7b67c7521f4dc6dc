import { randomInt } from "node:crypto"
import { digestOf } from "./refresh-token.ts"

const prefix = "weir_"
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
/** 40 characters of 62 are 238 bits. */
const randomLength = 40
const checkLength = 6
/** What is kept of a key to know it again. */
const startLength = prefix.length + 6

/** Whether a text is meant as a key of this kind of API. */
export const looksLikeKey = (text: string): boolean => text.startsWith(prefix)

/** CRC-32 (ISO-HDLC, as of zlib) in base 62: by it, scanners of leaked secrets know a key without asking. */
function checksum(text: string): string {
  let crc = 0xffffffff
  for (const byte of new TextEncoder().encode(text)) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  let rest = (crc ^ 0xffffffff) >>> 0
  let digits = ""
  for (let i = 0; i < checkLength; i++) {
    digits = alphabet[rest % 62] + digits
    rest = Math.floor(rest / 62)
  }
  return digits
}

/** A new key, such as `weir_` and 46 letters and digits, the last six of which are a checksum of those before. */
export function newApiKey(): string {
  let random = ""
  for (let i = 0; i < randomLength; i++) random += alphabet[randomInt(62)]
  return `${prefix}${random}${checksum(random)}`
}

/** Whether a text has the form of a key, with the right checksum: what has not is never looked up. */
export function isApiKey(text: string): boolean {
  const [, random = "", check] = /^weir_([0-9A-Za-z]{40})([0-9A-Za-z]{6})$/.exec(text) ?? []
  return check !== undefined && checksum(random) === check
}

/** What the database has of a key. */
export const keyHash = (key: string): string => digestOf(key)

/** What a key begins with, for its owner to know it again. */
export const startOf = (key: string): string => key.slice(0, startLength)
