import { randomBytes } from "node:crypto"

/** Instants with as many digits, in ascending order: of years that have four digits. */
export const instants = (digits: string): string[] =>
  [
    "0001-01-01T00:00:00",
    "1582-10-14T23:59:59",
    "1969-12-31T23:59:59",
    "1970-01-01T00:00:00",
    "2024-02-29T12:34:56",
    "2026-03-29T01:30:00",
    "9999-12-31T23:59:59",
  ].map((text) => `${text}${digits}`)

/** Texts in the order of their bytes. */
export const texts = [
  "",
  " ",
  "  padded  ",
  '"quoted"',
  "'",
  "A",
  "\\",
  "\\x00",
  "a",
  "a,b",
  "line\nfeed\ttab",
  "{}",
  "é",
  "日本",
  "😀",
]

/** Base64 of bytes at random, of each length up to 300 once. */
export const binaries: string[] = [
  ...Array.from({ length: 301 }, (_, length) => randomBytes(length).toString("base64")),
  Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString("base64"),
]

export const uuids = [
  "00000000-0000-0000-0000-000000000000",
  "0190a5c4-7d1e-7cc0-8f6a-0a1b2c3d4e5f",
  "f0000000-0000-4000-8000-000000000001",
  "ffffffff-ffff-ffff-ffff-ffffffffffff",
]

export const int64s = [
  "-9223372036854775808",
  "-9007199254740993",
  "-1",
  "0",
  "10",
  "9",
  "9007199254740993",
  "9223372036854775806",
  "9223372036854775807",
].toSorted((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1))
