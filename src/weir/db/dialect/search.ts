import { dialectName } from "./choose.ts"
import { search as postgres } from "./postgres/search.ts"
import type { SearchSql } from "./search-types.ts"
import { search as sqlite } from "./sqlite/search.ts"

/** Full-text search in the dialect in use. */
export const searchSql: SearchSql =
  (process.env.WEIR_DIALECT ?? dialectName) === "postgres" ? postgres : sqlite
