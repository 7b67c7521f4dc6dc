import { dialectName } from "./choose.ts"
import * as postgres from "./postgres/columns.ts"
import * as postgresDocuments from "./postgres/document-columns.ts"
import * as sqlite from "./sqlite/columns.ts"
import * as sqliteDocuments from "./sqlite/document-columns.ts"

/**
 * The column vocabulary in the dialect in use. Both hold the same JavaScript types, so that the schema is typed once, as
 * SQLite's.
 */
export const vocabulary: typeof sqlite =
  (process.env.WEIR_DIALECT ?? dialectName) === "postgres" ? (postgres as unknown as typeof sqlite) : sqlite

/** The columns of collections, in the dialect in use. */
export const documentColumns: typeof sqliteDocuments =
  (process.env.WEIR_DIALECT ?? dialectName) === "postgres"
    ? (postgresDocuments as unknown as typeof sqliteDocuments)
    : sqliteDocuments
