/** The last UUID's milliseconds, and the count within them, of 74 bits of which the upper 32 count. */
let last = 0
let count = 0

/** Most that the count within a millisecond starts with: the other half is room to count. */
const startBits = 0x7fffffff
const mostCount = 0xffffffff

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0")

/**
 * A UUID of version 7 (RFC 9562): 48 bits of milliseconds, 32 that count within one, 42 of chance. Those of one process
 * ascend, whatever its clock does.
 */
export function uuid7(now: number = Date.now()): string {
  const random = crypto.getRandomValues(new Uint32Array(3))
  const [start = 0, high = 0, low = 0] = random
  if (now > last) {
    last = now
    count = start & startBits
  } else if (count < mostCount) count++
  else {
    last++
    count = start & startBits
  }
  // Version 7 and 12 bits of the count; the variant, which is binary 10, and 14 bits of it; then its last 6.
  const time = hex(last, 12)
  const [a, b, c] = [count >>> 20, (count >>> 6) & 0x3fff, count & 0x3f]
  const tail = hex(c * 2 ** 10 + (high & 0x3ff), 4) + hex(low, 8)
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(a, 3)}-${hex(0x8000 | b, 4)}-${tail}`
}
