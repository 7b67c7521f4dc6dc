import { dialectName } from "./choose.ts"
import * as postgres from "./postgres/sql.ts"
import * as sqlite from "./sqlite/sql.ts"

/** The SQL that differs between dialects, for the one in use. */
export const expressions: typeof sqlite = dialectName === "postgres" ? postgres : sqlite
