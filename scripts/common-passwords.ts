import { readFileSync, writeFileSync } from "node:fs"
import { placeOf } from "../src/weir/lib/common-passwords.ts"

// Writes the table of src/weir/lib/common-passwords.ts from the list of its test.
const list = new URL("../test/weir/lib/common-passwords.txt", import.meta.url)
const lines = readFileSync(list, "utf8").split("\n")
const passwords = lines.filter((line) => line !== "" && !line.startsWith("#"))

/** One more password of two thousand looks like a common one. */
const remainderBits = 11

/** The distinct places, for as many as there are: two passwords may share one, which makes the range smaller. */
function places(count: number): number[] {
  const found = [...new Set(passwords.map((text) => placeOf(text, count * 2 ** remainderBits)))]
  return found.length === count ? found.sort((a, b) => a - b) : places(found.length)
}

const sorted = places(passwords.length)
const bits: number[] = []
let last = 0
for (const place of sorted) {
  const distance = place - last
  for (let i = distance >> remainderBits; i > 0; i--) bits.push(1)
  bits.push(0)
  for (let i = remainderBits - 1; i >= 0; i--) bits.push((distance >> i) & 1)
  last = place
}
const bytes = new Uint8Array(Math.ceil(bits.length / 8))
for (const [i, bit] of bits.entries()) if (bit) bytes[i >> 3] = (bytes[i >> 3] as number) | (128 >> (i & 7))

writeFileSync(
  new URL("../src/weir/lib/common-passwords-table.ts", import.meta.url),
  `// Written by scripts/common-passwords.ts, from test/weir/lib/common-passwords.txt.

export const count = ${sorted.length}
export const remainderBits = ${remainderBits}
/** A Golomb-Rice code of the sorted places, in base64. */
export const bits =
  "${Buffer.from(bytes).toString("base64")}"
`,
)
