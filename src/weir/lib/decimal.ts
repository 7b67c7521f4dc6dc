const plain = /^([+-]?)(\d*)(?:\.(\d*))?$/

/** A decimal number by its digits. */
export interface Decimal {
  /** One spelling: no leading zeros, no `+`, no minus zero. Zeros at the end are kept. */
  text: string
  /** How many digits stand before the point, and after it, zeros at either end apart. */
  before: number
  after: number
}

/** Reads a number in plain digits, `-12.50`; undefined for what is none, and for one with an exponent. */
export function readDecimal(text: string): Decimal | undefined {
  const found = plain.exec(text)
  if (!found || !(found[2] || found[3])) return undefined
  const whole = (found[2] ?? "").replace(/^0+/, "")
  const fraction = found[3] ?? ""
  const after = fraction.replace(/0+$/, "").length
  const isZero = whole === "" && after === 0
  const sign = found[1] === "-" && !isZero ? "-" : ""
  return { text: `${sign}${whole || "0"}${fraction && `.${fraction}`}`, before: whole.length, after }
}

/** A finite number in plain digits, those that JavaScript prints of it. */
export function plainDigits(value: number): string {
  const text = String(value)
  const [mantissa = "", exponent] = text.split("e")
  if (exponent === undefined) return text
  const sign = mantissa.startsWith("-") ? "-" : ""
  const [whole = "", fraction = ""] = mantissa.replace("-", "").split(".")
  const shift = Number(exponent)
  return shift < 0
    ? `${sign}0.${"0".repeat(-shift - 1)}${whole}${fraction}`
    : `${sign}${whole}${fraction.padEnd(shift, "0")}`
}
