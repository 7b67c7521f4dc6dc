/** Full-text search in the dialect in use. */
export { searchSql } from "../db/dialect/search.ts"
