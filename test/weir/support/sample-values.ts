import type { FieldSpec } from "../../../src/weir/db/dialect/field.ts"
import { fromScaled } from "../../../src/weir/lib/scaled.ts"
import type { Field } from "../../../src/weir/resource/resource.ts"

/** The part of a field that a value of it is made from. */
type Described = Pick<Field, "name" | "spec">

/** Mixed case, beyond ASCII and beyond 16 bits, and what quotes and escapes could break. */
const words = [
  "Zoë",
  "apple",
  "Äpfel",
  "zebra",
  "日本",
  "😀 smile",
  'say "hi", you',
  "back\\slash",
  "ｆull",
  "O'Neil",
]

/** Texts for fields with a pattern: the first that fits is taken. A new kind of pattern needs a line here. */
const shapes: ((n: number) => string)[] = [
  (n) => `sample_${n}`,
  (n) => `sample-${n}`,
  (n) => `Sample${n}`,
  (n) => `S${n}`,
  (n) => String(n).padStart(6, "0"),
  (n) => n.toString(16).padStart(6, "0"),
  (n) => `#${n.toString(16).padStart(6, "0")}`,
  (n) => `+1555${String(n).padStart(7, "0")}`,
  (n) => `https://example.com/${n}`,
  (n) => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`,
  (n) => `2026-01-${String((n % 28) + 1).padStart(2, "0")}`,
  (n) => String.fromCharCode(65 + (n % 26), 65 + (Math.floor(n / 26) % 26), 65 + (Math.floor(n / 676) % 26)),
  (n) => String.fromCharCode(65 + (n % 26), 65 + (Math.floor(n / 26) % 26)),
]

/** Texts like the example of a column, with other digits or other letters. */
function variants(example: string, n: number): string[] {
  const letter = (at: number) => (char: string) => {
    const first = char < "a" ? 65 : 97
    return String.fromCharCode(first + ((char.charCodeAt(0) - first + Math.floor(n / 26 ** at)) % 26))
  }
  const lastDigits = (digits: string) =>
    String(n).padStart(digits.length, "0").slice(-Math.max(digits.length, 6))
  let at = 0
  return [
    example.replace(/\d+(?=\D*$)/, (digits) => String(Number(digits) + n).padStart(digits.length, "0")),
    example.replace(/\d+(?=\D*$)/, (digits) => lastDigits(digits).slice(-digits.length)),
    example.replace(/[A-Za-z]/g, (char) => letter(at++)(char)),
    example,
  ]
}

function textSample({ spec, name }: Described, n: number): string {
  const { min = 0, max = spec.length ?? 200, pattern, format, values, example = "example" } = spec
  if (values) return values[n % values.length] as string
  const fitting = (text: string) => text.length >= min && text.length <= max
  if (format === "email") return `sample${n}@example.com`
  if (pattern) {
    const regex = new RegExp(pattern, "u")
    const texts = [...shapes.map((shape) => shape(n)), ...variants(example, n)]
    const text = texts.find((one) => fitting(one) && regex.test(one))
    if (text === undefined) throw noSample(name, pattern)
    return text
  }
  const long = `${words[n % words.length]} ${n}`.padEnd(min, "x")
  return fitting(long) ? long : n.toString(36).padStart(Math.max(min, 1), "0").slice(-max)
}

/** A number within the bounds. What need not be unique comes again after a while: ties are what cursors lose. */
function numberSample({ spec }: Described, n: number, unique: boolean): number {
  const { min = -20, max = min + 1e6 } = spec
  const step = spec.type === "real" ? 3.7 : 3
  const value = min + (unique ? n : n % 7) * step
  if (value <= max) return value
  return spec.type === "real" ? min + ((max - min) * (n % 97)) / 97 : min + (n % (max - min + 1))
}

/** Text of a key: in one order by every collation, with what a path must encode. */
export function keyText({ spec: { length = 200 } }: Described, n: number): string {
  return `${String(n).padStart(6, "0")} a,b/c?%é`.slice(0, length)
}

/** An instant with as many digits of a second as the column has. */
function momentSample({ spec }: Described, n: number): string {
  const millis = Date.UTC(2026, 0, 1) + n * 3_600_123
  const text = new Date(millis).toISOString()
  const zone = spec.type === "local_timestamp" ? "" : "Z"
  if (spec.unit === "s") return `${text.slice(0, 19)}.000Z`
  if (!spec.sqlType) return text
  const { precision = 6 } = spec
  const digits = String((n * 104_729) % 1_000_000).padStart(6, "0")
  return `${text.slice(0, 19)}${precision ? `.${digits.slice(0, precision)}` : ""}${zone}`
}

function decimalSample({ spec: { precision, scale, storage } }: Described, n: number): string | number {
  const places = storage === "bigint" ? 0 : (scale ?? (precision === undefined ? 1 : 0))
  const whole = precision === undefined ? n : n % 10 ** Math.min(precision - places, 9)
  const text = places > 0 ? `${whole}.${"5".padEnd(places, "0")}` : String(whole)
  return storage === "number" ? Number(text) : text
}

/** Texts that Postgres alone understands, as it prints them. */
const opaques: Record<string, (n: number) => string> = {
  inet: (n) => `10.0.${(n >> 8) % 256}.${n % 256}`,
  cidr: (n) => `10.${(n >> 8) % 256}.${n % 256}.0/24`,
  macaddr: (n) => `08:00:2b:00:${byte(n >> 8)}:${byte(n)}`,
  macaddr8: (n) => `08:00:2b:ff:fe:00:${byte(n >> 8)}:${byte(n)}`,
  ltree: (n) => `top.n${n}`,
  xml: (n) => `<n>${n}</n>`,
}
const byte = (n: number): string => (n % 256).toString(16).padStart(2, "0")

function nested(spec: FieldSpec, name: string, n: number): unknown {
  const { element = { type: "text", inferred: true }, dimensions = 1 } = spec
  let value: unknown = [0, 1].map((i) => sampleOf({ name, spec: element }, n + i, true))
  for (let depth = 1; depth < dimensions; depth++) value = [value]
  return value
}

const noSample = (name: string, what: string): Error =>
  new Error(
    `No sample for ${name}: ${what}. Give contract() some: { samples: { resource: (n) => ({ ${name}: … }) } }`,
  )

/** A valid value of a field that refers to nothing, spelled as the API answers it. */
export function sampleOf(field: Described & { unique?: boolean }, n: number, unique = field.unique): unknown {
  const { schema } = field.spec
  const value = plainSample(field, n, unique === true)
  if (schema && !schema.safeParse(value).success) throw noSample(field.name, "it has a schema of its own")
  return value
}

/** A decimal with all digits of its scale, which is how it is shown: the largest among them. */
function exactDecimal({ spec: { precision = 18, scale = 0 } }: Described, n: number): string {
  const most = 10n ** BigInt(precision)
  const value = [most - 1n, 1n - most, 5n, -5n, 0n, 100n, 99n, 10n ** BigInt(scale)][n % 8] as bigint
  return fromScaled(String(value % most), scale)
}

/** A value of the types that the vocabulary keeps exact; undefined for others. */
function exactSample(field: Described, n: number, unique: boolean): unknown {
  switch (field.spec.type) {
    case "bigint":
      return String(9_007_199_254_740_993n + BigInt(unique ? n : (n % 7) - 3) * 1_000_000_000_000_001n)
    case "decimal":
      return exactDecimal(field, n)
    case "date":
      return new Date(Date.UTC(1996, 1, 27) + n * 86_400_000).toISOString().slice(0, 10)
    case "time":
      return ["24:00:00", "00:00:00", "23:59:59.999999", `12:00:00.${n}`.replace(/0+$/, "")][n % 4]
    case "bytes":
      return Buffer.from(Array.from({ length: n % 60 }, (_, i) => (i * 37 + n) % 256)).toString("base64")
  }
}

function plainSample(field: Described, n: number, unique: boolean): unknown {
  const { spec, name } = field
  const exact = spec.inferred ? undefined : exactSample(field, n, unique)
  if (exact !== undefined) return exact
  // What need not be unique comes again after a while.
  const k = unique ? n : n % 7
  switch (spec.type) {
    case "text":
      return textSample(field, n)
    case "id":
    case "integer":
    case "real":
      return numberSample(field, n, unique)
    case "boolean":
      return n % 2 === 1
    case "timestamp":
    case "local_timestamp":
      return momentSample(field, n)
    case "json":
      return { n, list: [1.5, "two", null, { deep: true }] }
    case "uuid":
      return `00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`
    case "bigint":
      return String(9_007_199_254_740_993n + BigInt(k) * 3n)
    case "decimal":
      return decimalSample(field, k)
    case "date":
      return new Date(Date.UTC(2026, 0, 1 + k)).toISOString().slice(0, 10)
    case "time":
      return `${new Date(k * 61_000).toISOString().slice(11, 19)}${spec.zone ? "Z" : ""}`
    case "interval":
      return `P${k + 1}DT1H`
    case "bytes":
      return Buffer.from(`bytes ${n}`).toString("base64")
    case "vector":
      return Array.from({ length: spec.dimensions ?? 3 }, (_, i) => ((n + i) % 9) + 0.5)
    case "array":
      return nested(spec, name, n)
    case "opaque": {
      const text = opaques[spec.sqlType ?? ""]?.(n)
      if (text === undefined) throw noSample(name, `a value of ${spec.sqlType ?? "its type"}`)
      return text
    }
  }
}
