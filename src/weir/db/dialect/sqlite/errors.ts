import {
  causes,
  type DatabaseFailure,
  markedFailure,
  readOnlyCode,
  unknownOutcomeCode,
  unrehearsedCode,
} from "../../errors.ts"

const unavailable =
  /SQLITE_(BUSY|LOCKED|FULL|IOERR|CANTOPEN|READONLY|NOMEM|CORRUPT|NOTADB)|database (is locked|or disk is full|disk image)|fetch failed|ECONN|EPIPE|ENOTFOUND|EAI_AGAIN|UND_ERR|socket|network|Network connection lost|SERVER_ERROR|HTTP status 5\d\d|WEBSOCKET|D1 DB is overloaded|storage caused object to be reset/i

/** The kind of a driver's error; undefined for any other error. libSQL over HTTP and D1 put most of it in the message. */
export function classify(error: unknown): DatabaseFailure | undefined {
  for (const e of causes(error)) {
    const text = `${e.extendedCode ?? ""} ${e.code ?? ""} ${e.message ?? ""}`
    const columns = (marker: string) =>
      (text.split(marker)[1] ?? "")
        .replace(/: SQLITE_.*/s, "")
        .split(", ")
        .flatMap(columnsOf)
    const marked = markedFailure(text)
    if (marked) return marked
    if (e.code === readOnlyCode) return { kind: "read_only" }
    if (e.code === unknownOutcomeCode) return { kind: "unknown" }
    if (e.code === unrehearsedCode) return { kind: "unrehearsed", why: String(e.message) }
    if (/UNIQUE constraint failed/i.test(text)) {
      // Of an index over an expression, SQLite says its name.
      const index = /UNIQUE constraint failed: index '(.+)'/i.exec(text)?.[1]
      return {
        kind: "unique",
        columns: index ? [] : columns("UNIQUE constraint failed:"),
        ...(index && { index }),
      }
    }
    if (/FOREIGN KEY constraint failed/i.test(text)) return { kind: "foreign_key", columns: [] }
    if (/NOT NULL constraint failed/i.test(text))
      return { kind: "invalid", columns: columns("NOT NULL constraint failed:") }
    const check = /CHECK constraint failed: (.*)/i.exec(text)?.[1]
    if (check) return { kind: "invalid", columns: [], check }
    if (/no such (table|column)|has no column named/i.test(text)) return { kind: "unmigrated" }
    if (/JSON cannot hold BLOB/i.test(text)) return { kind: "unsayable" }
    if (/parser stack overflow|Expression tree is too large/i.test(text)) return { kind: "too_complex" }
    if (/SQLITE_INTERRUPT/i.test(text)) return { kind: "timeout" }
    if (/SQLITE_AUTH|HTTP status 40[13]|unauthorized/i.test(text)) return { kind: "refused" }
    if (unavailable.test(text)) return { kind: "unavailable" }
  }
  return undefined
}

/** What may be the column of a `table.column`: names of both may hold points, and are not in quotes. */
const columnsOf = (name: string): string[] => {
  const parts = name.trim().split(".")
  return parts.slice(1).map((_, i) => parts.slice(i + 1).join("."))
}
