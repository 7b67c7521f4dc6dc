import { LRUCache } from "lru-cache"

/** The offset of a zone from UTC, in seconds, from an instant on. */
export interface Offset {
  /** Seconds since 1970; the first is that of all time before the second. */
  from: number
  seconds: number
}

const daySeconds = 86_400
/** Zones change at most once within so long: no summer time was shorter in the years that are looked at. */
const step = 14 * daySeconds
/** The years whose changes are found; before and after, the first and last offset hold. */
const [firstYear, lastYear] = [1900, 2100]

/** Finding the changes of a zone takes some milliseconds, and clients name zones. */
const known = new LRUCache<string, Offset[]>({ max: 100 })

/** Zones that are UTC by another name. */
const utcNames = /^(etc\/)?(utc|uct|gmt|zulu|universal|greenwich)$/i
const zoneName = /^[A-Za-z][\w+-]*(\/[\w+-]+)*$/

/** The name of a zone of the IANA's list, `UTC` for all names of that; undefined for what is none. */
export function readZone(text: string): string | undefined {
  if (utcNames.test(text)) return "UTC"
  if (!zoneName.test(text) || text.length > 60) return undefined
  try {
    new Intl.DateTimeFormat("en", { timeZone: text })
    return text
  } catch {
    return undefined
  }
}

/** The offsets of a zone in their order, from the runtime's own list of zones. */
export function offsetsOf(zone: string): Offset[] {
  const found = known.get(zone) ?? findOffsets(zone)
  known.set(zone, found)
  return found
}

function findOffsets(zone: string): Offset[] {
  const format = new Intl.DateTimeFormat("en", {
    timeZone: zone,
    timeZoneName: "longOffset",
    year: "numeric",
  })
  const at = (seconds: number): number => offsetIn(format.format(seconds * 1000))
  let from = Date.UTC(firstYear, 0) / 1000
  const end = Date.UTC(lastYear, 0) / 1000
  let seconds = at(from)
  const offsets: Offset[] = [{ from, seconds }]
  for (; from < end; from += step) {
    const later = at(from + step)
    if (later === seconds) continue
    offsets.push({ from: changeBetween(at, from, from + step), seconds: later })
    seconds = later
  }
  return offsets
}

/** The second at which the offset becomes that of `after`. */
function changeBetween(at: (seconds: number) => number, before: number, after: number): number {
  const changed = at(after)
  let [low, high] = [before, after]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (at(middle) === changed) high = middle
    else low = middle
  }
  return high
}

/** `2026, GMT-03:30` as seconds; `GMT` is none. */
function offsetIn(text: string): number {
  const found = /GMT([+-])(\d{1,2})(?::(\d\d))?(?::(\d\d))?/.exec(text.replace("−", "-"))
  if (!found) return 0
  const [, sign, hours = "0", minutes = "0", seconds = "0"] = found
  return (sign === "-" ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds))
}
