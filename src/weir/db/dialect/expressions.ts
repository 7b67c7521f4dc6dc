import { dialectName } from "./choose.ts"
import type { ColumnSql } from "./column-sql.ts"
import type { FieldSpec } from "./field.ts"
import * as postgresAggregates from "./postgres/aggregates.ts"
import * as postgresHistory from "./postgres/history.ts"
import * as postgres from "./postgres/sql.ts"
import { columnSql as postgresColumn } from "./postgres/types.ts"
import * as sqliteAggregates from "./sqlite/aggregates.ts"
import * as sqliteHistory from "./sqlite/history.ts"
import * as sqlite from "./sqlite/sql.ts"
import { columnSql as sqliteColumn } from "./sqlite/types.ts"

/** The SQL expressions that differ between dialects, in the dialect in use. */
export const expressions: typeof sqlite =
  (process.env.WEIR_DIALECT ?? dialectName) === "postgres" ? postgres : sqlite

/** Aggregates, in the dialect in use. */
export const aggregates: typeof sqliteAggregates =
  (process.env.WEIR_DIALECT ?? dialectName) === "postgres" ? postgresAggregates : sqliteAggregates

/** How the dialect in use stores, binds and renders a column. */
export const columnSql: (spec: FieldSpec) => ColumnSql =
  (process.env.WEIR_DIALECT ?? dialectName) === "postgres" ? postgresColumn : sqliteColumn

/** What the versions of rows are made with, in the dialect in use. */
export const historySql: typeof sqliteHistory =
  (process.env.WEIR_DIALECT ?? dialectName) === "postgres" ? postgresHistory : sqliteHistory
