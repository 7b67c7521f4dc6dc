import { type Column, getTableColumns, is, Table } from "drizzle-orm"
import { NoopCache } from "drizzle-orm/cache/core"
import { NoopLogger } from "drizzle-orm/logger"
import { PgArray, PgDialect, PgJson, PgJsonb } from "drizzle-orm/pg-core"
import { PgRemoteDatabase, PgRemoteSession, PreparedQuery, type RemoteCallback } from "drizzle-orm/pg-proxy"
import { parseArray } from "../../lib/postgres-array.ts"
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

type Session = PgRemoteSession<Record<string, unknown>, Relational["schema"]>
type Prepared = Parameters<Session["prepareQuery"]>

const logger = new NoopLogger()
const cache = new NoopCache()

/** Drizzle's own session, whose queries run here. */
class HandleSession extends PgRemoteSession<Record<string, unknown>, Relational["schema"]> {
  private readonly send: Run

  constructor(send: Run, dialect: PgDialect, schema: Relational | undefined) {
    super(() => Promise.reject(new Error("unreachable")), dialect, schema)
    this.send = send
  }

  override prepareQuery(...[query, fields, , isArray, mapper]: Prepared): PreparedQuery<never> {
    for (const { field } of fields ?? []) if (is(field, PgArray) || isJson(field)) correct(field)
    const callback = async (text: string, params: unknown[], as: string) => {
      // `db.execute(sql…)` returns the rows as they are: objects by the columns' names.
      const isNamed = as === "execute"
      // It would leave the connection waiting for rows, or sending them.
      if (/^\s*copy\b/i.test(text)) throw new Error("c.var.db has no COPY: insert the rows, or select them")
      const rows = await this.send(text, params, isNamed)
      return { rows: (isNamed ? objectsOf(rows) : rows) as Row[] }
    }
    const { sql, params, typings } = query
    return new PreparedQuery(
      callback as RemoteCallback,
      sql,
      params,
      typings,
      logger,
      cache,
      undefined,
      undefined,
      fields,
      isArray,
      mapper as never,
    )
  }

  override transaction = noTransaction
}

const isJson = (field: unknown): field is PgJson<never> | PgJsonb<never> =>
  is(field, PgJson) || is(field, PgJsonb)

const corrected = new WeakSet<Column>()

/**
 * Corrects what Drizzle's columns make of what the driver has parsed already: they parse the text in a JSON column once
 * more, so that "12" would become 12, and decode the nulls in an array as if they were values.
 */
function correct(column: Column): void {
  if (corrected.has(column)) return
  corrected.add(column)
  if (isJson(column)) column.mapFromDriverValue = (value: unknown) => value as never
  if (!is(column, PgArray)) return
  const element = column.baseColumn as unknown as Column
  correct(element)
  column.mapFromDriverValue = (value: string | unknown[]) =>
    (typeof value === "string" ? parseArray(value) : value).map((one) =>
      one === null ? null : element.mapFromDriverValue(one),
    ) as never
}

/** A function that makes Drizzle's database for Postgres over what runs its queries. The schema is read at its first use. */
export function postgresHandles({ schema, casing }: HandleOptions): (run: Run) => PgRemoteDatabase {
  const dialect = new PgDialect(casing ? { casing } : {})
  let relational: Relational | undefined
  return (run) => {
    if (schema && !relational) {
      relational = relationalOf(schema)
      for (const table of Object.values(relational.fullSchema))
        if (is(table, Table)) for (const column of Object.values(getTableColumns(table))) correct(column)
    }
    const session = new HandleSession(run, dialect, relational)
    return withRelations((tables) => new PgRemoteDatabase(dialect, session, tables as never), relational)
  }
}
