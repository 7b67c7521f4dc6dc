import { dialectName } from "./choose.ts"
import type { ColumnSql } from "./column-sql.ts"
import type { FieldTypeName } from "./field.ts"
import * as postgres from "./postgres/sql.ts"
import { columnTypes as postgresTypes } from "./postgres/types.ts"
import * as sqlite from "./sqlite/sql.ts"
import { columnTypes as sqliteTypes } from "./sqlite/types.ts"

/** The SQL expressions that differ between dialects, in the dialect in use. */
export const expressions: typeof sqlite = dialectName === "postgres" ? postgres : sqlite

/** How the dialect in use stores, binds and renders each type of column. */
export const columnTypes: Record<FieldTypeName, ColumnSql> =
  dialectName === "postgres" ? postgresTypes : sqliteTypes
