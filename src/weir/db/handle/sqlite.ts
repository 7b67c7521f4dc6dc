import { Column, is, type SQL, sql } from "drizzle-orm"
import { NoopCache } from "drizzle-orm/cache/core"
import { NoopLogger } from "drizzle-orm/logger"
import { SQLiteAsyncDialect } from "drizzle-orm/sqlite-core"
import {
  type RemoteCallback,
  RemotePreparedQuery,
  SQLiteRemoteSession,
  SqliteRemoteDatabase,
} from "drizzle-orm/sqlite-proxy"
import type { ReadAsText } from "../dialect/column-defaults.ts"
import type { Row } from "../driver.ts"
import {
  type HandleOptions,
  noTransaction,
  objectsOf,
  type Relational,
  type Run,
  relationalOf,
  withRelations,
} from "./queries.ts"

type Session = SQLiteRemoteSession<Record<string, unknown>, Relational["schema"]>
type Prepared = Parameters<Session["prepareQuery"]>

const logger = new NoopLogger()
const cache = new NoopCache()

type Selection = (fields: { field: unknown }[], options?: unknown) => SQL

/** Drizzle's dialect, but that whole numbers of 64 bits are read as text: drivers would make JavaScript numbers of them. */
function exactDialect(casing: HandleOptions["casing"]): SQLiteAsyncDialect {
  const dialect = new SQLiteAsyncDialect(casing ? { casing } : {})
  const own = dialect as unknown as { buildSelection: Selection }
  const build = own.buildSelection.bind(dialect)
  own.buildSelection = (fields, options) =>
    build(
      fields.map((one) =>
        is(one.field, Column) && (one.field as ReadAsText).readAsText
          ? { ...one, field: sql`cast(${one.field} as text)`.mapWith(one.field) }
          : one,
      ),
      options,
    )
  return dialect
}

/** Drizzle's own session, whose queries run here. */
class HandleSession extends SQLiteRemoteSession<Record<string, unknown>, Relational["schema"]> {
  private readonly send: Run

  constructor(send: Run, dialect: SQLiteAsyncDialect, schema: Relational | undefined) {
    super(() => Promise.reject(new Error("unreachable")), dialect, schema)
    this.send = send
  }

  override prepareQuery(...[query, fields, method, isArray, mapper]: Prepared): RemotePreparedQuery<never> {
    // `db.all(sql…)` and `db.get(sql…)` return the rows as they are: objects by the columns' names.
    const isRaw = !fields && !mapper
    const callback = async (text: string, params: unknown[], as: string) => {
      const isNamed = isRaw && (as === "all" || as === "get")
      const rows = await this.send(text, params, isNamed)
      const results: unknown[] = isNamed ? objectsOf(rows) : checked(rows, fields?.length)
      return { rows: (as === "get" ? results[0] : results) as Row[] }
    }
    return new RemotePreparedQuery(
      callback as RemoteCallback,
      query,
      logger,
      cache,
      undefined,
      undefined,
      fields,
      method,
      isArray,
      mapper,
    )
  }

  override transaction = noTransaction
}

/** Throws where D1 has left columns out: in a batch it gives rows by name, and two of them have the same. */
function checked(rows: Row[], columns: number | undefined): Row[] {
  if (columns !== undefined && rows[0] && rows[0].length < columns)
    throw new Error(
      "D1 gives the rows of a batch by column name, and two columns have the same name: select this join outside of the batch, or name its columns with .as()",
    )
  return rows
}

/** A function that makes Drizzle's database for SQLite over what runs its queries. The schema is read at its first use. */
export function sqliteHandles({ schema, casing }: HandleOptions): (run: Run) => SqliteRemoteDatabase {
  const dialect = exactDialect(casing)
  let relational: Relational | undefined
  return (run) => {
    if (schema) relational ??= relationalOf(schema)
    const session = new HandleSession(run, dialect, relational)
    return withRelations(
      (tables) => new SqliteRemoteDatabase("async", dialect, session, tables as never),
      relational,
    )
  }
}
