import { causes, type DatabaseFailure, markedFailure } from "../../errors.ts"

const connection =
  /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|CONNECT_TIMEOUT|POOL_TIMEOUT|CONNECTION_|NOT_TAGGED_CALL$)/

/**
 * The kind of a driver's error, by its SQLSTATE, its network error code, or its message; undefined for any other error.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export function classify(error: unknown): DatabaseFailure | undefined {
  for (const e of causes(error)) {
    const code = String(e.code ?? "")
    // "Key (email)=(ann@example.com) already exists": servers translate the words, but keep this shape.
    // Of an index over an expression, "Key (lower(username))=(ann)".
    const keys = /\((.+?)\)=\(/.exec(String(e.detail ?? ""))?.[1] ?? ""
    const columns = keys
      .split(", ")
      .map((key) => key.replace(/^lower\((.*)\)$/, "$1"))
      // Names that are not all lower case stand in quotes.
      .map((key) => (/^".*"$/.test(key) ? key.slice(1, -1).replaceAll('""', '"') : key))
      .filter(Boolean)
    const marked = code === "22P02" ? markedFailure(String(e.message)) : undefined
    if (marked) return marked
    // 23P01: an exclusion constraint.
    if (code === "23505" || code === "23P01") return { kind: "unique", columns }
    // 23001: `on delete restrict`.
    if (code === "23503" || code === "23001") return { kind: "foreign_key", columns }
    if (code === "23502") return { kind: "invalid", columns: [String(e.column_name ?? "")].filter(Boolean) }
    if (code === "23514") return { kind: "invalid", columns: [], check: String(e.constraint_name ?? "") }
    // 54000: too long for an index. P0001: a trigger of the database refuses.
    if (/^(22|54000|P0001)/.test(code)) return { kind: "invalid", columns: [] }
    // 55P03: the role's or the URL's `lock_timeout`.
    if (code === "57014" || code === "55P03") return { kind: "timeout" }
    if (code === "42P01" || code === "42703") return { kind: "unmigrated" }
    // A pooler refuses a setting that the URL asks for.
    if (/^(28|3D000)/.test(code) || (code === "08P01" && /startup parameter/.test(String(e.message))))
      return { kind: "refused" }
    if (code === "40P01" || code === "40001") return { kind: "contended" }
    // 08 connection, 53 resources, 57P shutdown, 40 rollback, 25006 read-only
    if (/^(08|53|57P|40|25006)/.test(code) || connection.test(code)) return { kind: "unavailable" }
    if (
      /socket|network connection lost|connection (terminated|closed|attempt failed)|proxy request failed/i.test(
        String(e.message ?? ""),
      )
    )
      return { kind: "unavailable" }
  }
  return undefined
}
