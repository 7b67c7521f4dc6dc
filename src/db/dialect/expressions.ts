import { dialectName } from "./index.ts"
import { classify as classifyPostgres } from "./postgres/errors.ts"
import * as postgres from "./postgres/sql.ts"
import { classify as classifySqlite } from "./sqlite/errors.ts"
import * as sqlite from "./sqlite/sql.ts"

/** The SQL that differs between dialects, for the one in use. */
export const expressions: typeof sqlite = dialectName === "postgres" ? postgres : sqlite

/** Sorts an error of the dialect in use; undefined for one that is not the database's. */
export const classify = dialectName === "postgres" ? classifyPostgres : classifySqlite
