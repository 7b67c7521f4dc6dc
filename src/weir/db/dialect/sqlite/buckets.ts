import { type SQL, sql } from "drizzle-orm"
import { type Offset, offsetsOf } from "../../../lib/zones.ts"
import type { BucketOf, BucketSql, Unit } from "../aggregates.ts"

const raw = (value: number | string): SQL => sql.raw(String(value))

/** The beginning of a length of time as the text of a day or an hour, from the text of an instant or a day. */
const startOf: Record<Unit, (text: SQL) => SQL> = {
  hour: (text) => sql`substr(${text}, 1, 13)`,
  day: (text) => sql`substr(${text}, 1, 10)`,
  week: (text) => sql`date(substr(${text}, 1, 10), '-6 days', 'weekday 1')`,
  month: (text) => sql`substr(${text}, 1, 7)`,
  quarter: (text) =>
    sql`substr(${text}, 1, 5) || substr('010101040404070707101010', cast(substr(${text}, 6, 2) as integer) * 2 - 1, 2)`,
  year: (text) => sql`substr(${text}, 1, 4)`,
}

/** What makes of such a beginning the text of a day, and of a moment. */
const restOfDay: Record<Unit, string> = {
  hour: "",
  day: "",
  week: "",
  month: "-01",
  quarter: "-01",
  year: "-01-01",
}

const isoForm = "%Y-%m-%dT%H:%M:%S"

/** The beginnings of lengths of time. */
export function bucket(of: BucketOf): BucketSql {
  const { unit, type, zone, counts } = of
  if (zone !== "UTC" && type === "timestamp") return inZone(of)
  const text = (column: SQL): SQL =>
    counts ? sql`strftime('%Y-%m-%dT%H', ${secondsOf(column, counts)}, 'unixepoch')` : column
  const day = (key: SQL): SQL => (restOfDay[unit] ? sql`${key} || ${raw(`'${restOfDay[unit]}'`)}` : key)
  if (type === "date") return { key: (c) => startOf[unit](c), start: day }
  const time = unit === "hour" ? ":00:00" : "T00:00:00"
  if (counts) {
    const seconds = (key: SQL) => sql`unixepoch(${day(key)} || ${raw(`'${time}'`)})`
    return { key: (c) => startOf[unit](text(c)), start: (key) => counted(seconds(key), counts) }
  }
  const end = type === "timestamp" ? `${time}.000Z` : time
  return { key: (c) => startOf[unit](c), start: (key) => sql`${day(key)} || ${raw(`'${end}'`)}` }
}

/** An integer column as whole seconds. */
const secondsOf = (column: SQL, counts: "s" | "ms"): SQL =>
  counts === "s" ? column : sql`((${column} - ((${column} % 1000) + 1000) % 1000) / 1000)`
const counted = (seconds: SQL, counts: "s" | "ms"): SQL => (counts === "s" ? seconds : sql`${seconds} * 1000`)

/** Lengths of time in a zone: the zone's offset is looked up by the instant, and that of a beginning by its local time. */
function inZone({ unit, zone, counts }: BucketOf): BucketSql {
  const offsets = offsetsOf(zone)
  const boundary = (seconds: number): SQL =>
    counts
      ? raw(counts === "s" ? seconds : seconds * 1000)
      : raw(`'${new Date(seconds * 1000).toISOString()}'`)
  const offsetAt = (column: SQL) => offsetTree(column, offsets, ({ from }) => boundary(from))
  const seconds = (column: SQL) => (counts ? secondsOf(column, counts) : sql`unixepoch(${column})`)
  const written = (value: SQL): SQL =>
    counts ? counted(value, counts) : sql`strftime('${raw(isoForm)}.000Z', ${value}, 'unixepoch')`
  // The hours of both sides of a change are two, although they are called the same.
  if (unit === "hour")
    return {
      key: (c) => sql`${seconds(c)} - (((${seconds(c)} + ${offsetAt(c)}) % 3600) + 3600) % 3600`,
      start: written,
    }
  // Text is read once, and moved by the offset.
  const moved = ({ seconds }: Offset) => raw(`'${seconds} seconds'`)
  const local = (column: SQL) =>
    counts
      ? sql`strftime('${raw(isoForm)}', ${seconds(column)} + ${offsetAt(column)}, 'unixepoch')`
      : sql`strftime('${raw(isoForm)}', ${column}, ${offsetTree(column, offsets, ({ from }) => boundary(from), moved)})`
  // Of a time that a change leaves out or repeats, the standard time is meant, as Postgres has it.
  const places = offsets.map(({ from, seconds }) => ({ from: from + seconds, seconds }))
  const start = (key: SQL): SQL => {
    const day = restOfDay[unit] ? sql`${key} || ${raw(`'${restOfDay[unit]}'`)}` : key
    const tree = offsetTree(sql`s`, places, ({ from }) => raw(from))
    return sql`(select ${written(sql`(s - ${tree})`)} from (select unixepoch(${day}) as s))`
  }
  return { key: (c) => startOf[unit](local(c)), start }
}

/** The offset in seconds that holds for a value: a tree of conditions, since a zone has hundreds of changes. */
function offsetTree(
  value: SQL,
  offsets: Offset[],
  boundary: (offset: Offset) => SQL,
  leaf = ({ seconds }: Offset): SQL => raw(seconds),
): SQL {
  const middle = offsets.length >> 1
  if (middle === 0) return leaf(offsets[0] as Offset)
  const below = offsetTree(value, offsets.slice(0, middle), boundary, leaf)
  const above = offsetTree(value, offsets.slice(middle), boundary, leaf)
  return sql`case when ${value} < ${boundary(offsets[middle] as Offset)} then ${below} else ${above} end`
}
