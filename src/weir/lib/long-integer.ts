const least = -(2n ** 63n)
const most = 2n ** 63n - 1n

/**
 * Whether a text is a whole number of 64 bits that JavaScript's numbers do not keep, in its one spelling. The databases
 * hold such in any column of integers; the engine has them as text.
 */
export function isLongInteger(text: string): boolean {
  if (!/^-?[1-9]\d{15,18}$/.test(text) || Number.isSafeInteger(Number(text))) return false
  const number = BigInt(text)
  return number >= least && number <= most
}

/** `JSON.parse`, with such numbers as text. */
export function parseWithLong(text: string): unknown {
  if (!/\d{16}/.test(text)) return JSON.parse(text)
  // The third argument is of ECMAScript 2026, which the types lack.
  const reviver = (_name: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === "number" && isLongInteger(context?.source ?? "") ? context?.source : value
  return JSON.parse(text, reviver)
}
