/** A moment by a calendar: `second` digits as text, `offset` in minutes; undefined where none is written. */
interface Parts {
  year: number
  month: number
  day: number
  minutes: number
  seconds: string
  digits: string
  offset: number | undefined
}

const dateText = String.raw`(\d{4}|[+-]\d{6,7})-(\d\d)-(\d\d)`
const timeText = String.raw`([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d+))?`
const moment = new RegExp(`^${dateText}[Tt ]${timeText}([Zz]|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)?$`)
const day = new RegExp(`^${dateText}$`)

/** The Gregorian calendar repeats itself after so many years. */
const cycle = 400
/** Years in which JavaScript counts, and which its constructors take as they are. */
const base = 2000

/** Milliseconds of a day within a cycle, and the years that were left out of it. */
function within(year: number, month: number, day: number): { ms: number; cycles: number } | undefined {
  const cycles = Math.floor(year / cycle)
  const ms = Date.UTC(base + year - cycles * cycle, month - 1, day)
  const date = new Date(ms)
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? { ms, cycles } : undefined
}

/** A year as in ISO 8601: four digits, or a sign and at least six of them, which is what `Date.toISOString` writes. */
const yearText = (year: number): string =>
  year >= 0 && year <= 9999
    ? String(year).padStart(4, "0")
    : `${year < 0 ? "-" : "+"}${String(Math.abs(year)).padStart(6, "0")}`

/** A year as it is read; undefined for spellings that nobody writes. */
function yearOf(text: string): number | undefined {
  const year = Number(text)
  return yearText(year) === text ? year : undefined
}

function partsOf(text: string): Parts | undefined {
  const found = moment.exec(text)
  const year = found && yearOf(found[1] as string)
  if (!found || year === undefined || year === null) return undefined
  const [, , month, date, hour, minute, seconds = "", digits = "", zone] = found
  const offset = zone && (/z/i.test(zone) ? 0 : offsetOf(zone))
  return {
    year,
    month: Number(month),
    day: Number(date),
    minutes: Number(hour) * 60 + Number(minute),
    seconds,
    digits,
    offset: offset === "" ? undefined : offset,
  }
}

const offsetOf = (zone: string): number =>
  (zone.startsWith("-") ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6)))

/** A moment in one spelling. `isExact` is whether it had no more digits than it has now. */
export interface Moment {
  text: string
  isExact: boolean
  /** Its year, as in ISO 8601: 0 is 1 BC. */
  year: number
}

/** How a moment is written: with a zone, in UTC, or without, and with so many digits of a second. */
export interface MomentForm {
  zone: boolean
  digits: number
}

/** Reads an RFC 3339 timestamp, or one without a zone. Years have four digits, or a sign and six. Digits are cut off. */
export function readMoment(text: string, { zone, digits }: MomentForm): Moment | undefined {
  const parts = partsOf(text)
  if (!parts || (parts.offset === undefined) === zone) return undefined
  const start = within(parts.year, parts.month, parts.day)
  if (!start) return undefined
  const utc = new Date(start.ms + (parts.minutes - (parts.offset ?? 0)) * 60_000)
  const year = utc.getUTCFullYear() - base + start.cycles * cycle
  const fraction = parts.digits.slice(0, digits).padEnd(digits, "0")
  return {
    text: `${yearText(year)}${utc.toISOString().slice(4, 17)}${parts.seconds}${digits ? `.${fraction}` : ""}${zone ? "Z" : ""}`,
    isExact: !/[1-9]/.test(parts.digits.slice(digits)),
    year,
  }
}

/** Reads a date, `YYYY-MM-DD`: its year, or undefined for what is none. */
export function readDate(text: string): { year: number } | undefined {
  const found = day.exec(text)
  const year = found ? yearOf(found[1] as string) : undefined
  if (!found || year === undefined) return undefined
  return within(year, Number(found[2]), Number(found[3])) && { year }
}

const signed = /^([+-]\d{6,7}|0000)(-.*)$/

/** A date or a moment as Postgres reads it: years beyond 9999 without a sign, those before year 1 as BC. */
export function toEra(text: string): string {
  const found = signed.exec(text)
  if (!found) return text
  const year = Number(found[1])
  const digits = String(year > 0 ? year : 1 - year).padStart(4, "0")
  return `${digits}${found[2]}${year > 0 ? "" : " BC"}`
}
