import type { Finding } from "../../finding.ts"

/**
 * What is asked of a SQLite database, one value each: how the answer is right, and what is wrong otherwise. A server
 * that does not take a question is not judged by it.
 */
export const checks: {
  query: string
  isRight: (value: unknown) => boolean
  finding: (value: unknown) => Finding
}[] = [
  check(
    "pragma encoding",
    (value) => value === "UTF-8",
    (value) =>
      wrong(
        `the file's encoding is ${value}: text sorts otherwise`,
        "export the rows, and import them into a new file",
      ),
  ),
  check(
    "select printf('%!.17g', 0.1 + 0.2)",
    (value) => value === "0.30000000000000004",
    (value) =>
      refused(`0.1 + 0.2 prints as ${value}: numbers lose their last digits`, "take SQLite 3.38 or newer"),
  ),
  check(
    "select json('{\"a\":1}') -> '$.a'",
    (value) => value === "1",
    () => refused("JSON functions are missing", "take SQLite 3.38 or newer"),
  ),
  check(
    "select 'B' < 'a'",
    (value) => value === 1,
    () => refused("text does not sort by its bytes", "take a SQLite whose default collation is BINARY"),
  ),
  check(
    "select strftime('%Y-%m-%dT%H:%M:%fZ', '2026-01-02T03:04:05.678Z')",
    (value) => value === "2026-01-02T03:04:05.678Z",
    (value) => refused(`an instant prints as ${value}`, "take SQLite 3.38 or newer"),
  ),
  check(
    "pragma foreign_keys",
    (value) => value === 1,
    () => refused("foreign_keys is off: references are not checked", "start the server with foreign keys on"),
  ),
  check(
    "select 'a' like 'A'",
    (value) => value === 1,
    () => note("case_sensitive_like is on: LIKE in hand-written routes tells cases apart", "turn it off"),
  ),
  check(
    "pragma recursive_triggers",
    (value) => value === 0,
    () => note("recursive_triggers is on: a trigger can start itself", "turn it off"),
  ),
]

/** What is asked of a file besides: how it is written, and whether it is whole. */
export const fileChecks: typeof checks = [
  check(
    "pragma journal_mode",
    (value) => value === "wal",
    (value) =>
      wrong(
        `journal_mode is ${value}: reads wait for writes`,
        "open the file once with write access to its folder",
      ),
  ),
  check(
    "pragma synchronous",
    (value) => value === 2 || value === 3,
    (value) =>
      wrong(`synchronous is ${value}: a write that was answered can be lost`, "pragma synchronous = full"),
  ),
  check(
    "pragma quick_check(1)",
    (value) => value === "ok",
    (value) =>
      wrong(
        `the file is damaged: ${String(value).split("\n")[0]}`,
        "restore a backup; docs/deploy.md says how",
      ),
  ),
  check(
    "select count(*) from pragma_foreign_key_check",
    (value) => value === 0,
    (value) =>
      wrong(
        `${value} rows refer to rows that do not exist`,
        "pragma foreign_key_check lists them: delete or mend them",
      ),
  ),
]

function check(
  query: string,
  isRight: (value: unknown) => boolean,
  finding: (value: unknown) => Finding,
): (typeof checks)[number] {
  return { query, isRight, finding }
}

function refused(what: string, remedy: string): Finding {
  return { level: "refused", what, remedy }
}

function wrong(what: string, remedy: string): Finding {
  return { level: "wrong", what, remedy }
}

function note(what: string, remedy: string): Finding {
  return { level: "note", what, remedy }
}
