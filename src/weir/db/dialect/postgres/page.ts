import { type SQL, sql } from "drizzle-orm"
import type { JoinedTable, NamedSql, PageSql, Rows, ValueOf } from "../page.ts"

/** The alias of a row as a whole: no column has such a name, for which Postgres would take it. */
export const whole = sql`${sql.identifier("@row")}`

/** The columns of a select, by their names. */
export const selectList = (entries: NamedSql[]): SQL =>
  sql.join(
    entries.map(([name, value]) => sql`${value} as ${sql.identifier(name)}`),
    sql`, `,
  )

/**
 * A page of the rows of `from`. `json_agg` puts line feeds between rows, which separates them if no row contains a line feed itself. If rows
 * may (`linesWithin`), a record separator is used, which JSON text cannot contain (RFC 8259, section 2).
 */
export function page(from: SQL, entries: NamedSql[] | undefined, object: SQL, linesWithin: boolean): PageSql {
  if (entries && !linesWithin)
    return {
      from: sql`${from}, lateral (select ${selectList(entries)}) ${whole}`,
      body: sql`json_agg(${whole})::text`,
      separator: ", \n ",
    }
  return {
    from,
    body: sql`'[' || string_agg((${object})::text, chr(30)) || ']'`,
    separator: "\u001e",
  }
}

/** A subselect of the first rows. It selects all columns: Postgres passes whole rows on faster than projections. */
export function firstRows({ table, alias, where, order, limit, skip, rank, kept: further = [] }: Rows): SQL {
  const columns: NamedSql[] = rank ? [...further, ["@rank", rank]] : further
  const kept = columns.length ? sql`, ${selectList(columns)}` : sql``
  const ordered = sql`select *${kept} from ${table} ${alias} where ${where} order by ${order}`
  if (!skip) return sql`(${ordered} limit ${limit}) ${alias}`
  // Postgres takes an unknown offset for a tenth of the rows. With a bound on these, a plan for all offsets is as good
  // as one that is made each time, which costs a sixth of a page.
  const source = skip.within ? sql`select * from (${ordered} limit ${skip.within}) ${alias}` : ordered
  return sql`(${source} limit ${limit} offset ${skip.rows}) ${alias}`
}

/** A column of `kept`. */
export const keptColumn = (alias: SQL, name: string): SQL => sql`${alias}.${sql.identifier(name)}`

/** How often `firstRows` mentions its table. */
export const firstRowsMentions: number = 1

/** The place of a row among those kept: no column has such a name. */
const place = sql`${sql.identifier("@n")}`

/** The first rows as a table of the statement, for `keptFrom`. */
export const keptTable = (rows: Rows, name: string): SQL =>
  sql`${sql.identifier(name)} as materialized (select *, row_number() over () as ${place} from ${firstRows(rows)})`

/** The rows of such a table in their order, where the `gate` holds, with rows that are joined to them. */
export function keptFrom({ alias }: Rows, name: string, joined: JoinedTable[], gate: SQL | undefined): SQL {
  if (!joined.length && !gate) return sql`${sql.identifier(name)} ${alias}`
  const from = sql`${sql.identifier(name)} ${alias}${leftJoins(joined)}`
  return sql`(select ${withValues(alias, joined)} from ${from}${gate ? sql` where ${gate}` : sql``} order by ${alias}.${place}) ${alias}`
}

/** The rows of a table, with rows that are joined to them. */
export const sharedFrom = (table: SQL, alias: SQL, where: SQL, joined: JoinedTable[]): SQL =>
  joined.length
    ? sql`(select ${withValues(alias, joined)} from ${table} ${alias}${leftJoins(joined)} where ${where}) ${alias}`
    : sql`${table} ${alias} where ${where}`

/** The value of a joined row. */
export const sharedValue = (table: string, outer: (column: string) => SQL): SQL => outer(table)

const withValues = (alias: SQL, joined: JoinedTable[]): SQL =>
  sql.join(
    [
      sql`${alias}.*`,
      ...joined.map(({ table }) => sql`${sql.identifier(table)}._v as ${sql.identifier(table)}`),
    ],
    sql`, `,
  )

const leftJoins = (joined: JoinedTable[]): SQL =>
  sql.join(joined.map(({ table, on }) => sql` left join ${sql.identifier(table)} on ${on}`))

/**
 * The text of a JSON array that begins with the value of the first row, and ends with that of the last one of `limit`. Of
 * all rows the columns are kept, from which the values of these two are made: to make or write them all would take longer.
 */
export const jsonEnds = (
  columns: SQL[],
  limit: number,
  value: ValueOf = ([column]) => column as SQL,
): SQL => {
  const at = (place: SQL) => value(columns.map((column) => sql`(array_agg(${column}))[${place}]`))
  return sql`json_build_array(${at(sql`1`)}, ${at(sql`least(count(*), ${sql.raw(String(limit))})`)})::text`
}
