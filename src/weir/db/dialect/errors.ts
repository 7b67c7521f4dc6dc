import { dialectName } from "./choose.ts"
import { classify as classifyPostgres } from "./postgres/errors.ts"
import { classify as classifySqlite } from "./sqlite/errors.ts"

/** Sorts an error of the dialect in use; undefined for one that is not the database's. */
export const classify = dialectName === "postgres" ? classifyPostgres : classifySqlite
