import type { Table } from "drizzle-orm"
import { getTableConfig, type SQLiteTable } from "drizzle-orm/sqlite-core"
import type { TableConfig } from "../names.ts"

/** The indexes, keys and constraints of a table. */
export const tableConfig = (table: Table): TableConfig => getTableConfig(table as SQLiteTable)
