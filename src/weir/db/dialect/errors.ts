import { dialectName } from "./choose.ts"
import { classify as classifyPostgres } from "./postgres/errors.ts"
import { classify as classifySqlite } from "./sqlite/errors.ts"

/** The kind of a database error, by the dialect in use; undefined for an error of any other origin. */
export const classify =
  (process.env.WEIR_DIALECT ?? dialectName) === "postgres" ? classifyPostgres : classifySqlite
