import type { Finding } from "../../finding.ts"

/** What a session of Postgres tells of itself: settings by name, and probes of how values print and compare. */
export interface Facts {
  settings: Record<string, string | null>
  version: number
  recovering: boolean
  schema: string | null
  role: string
  /** 0.1 + 0.2 as JSON. */
  sum: string
  /** Whether hours are those of UTC, in winter and in summer. */
  utc: boolean
  bytes: string
  interval: string
  /** Whether a comparison with NULL is NULL, and a backslash in a string is itself. */
  unknownIsNull: boolean
  plainBackslash: boolean
  /** Tables whose policies hide rows from this role. */
  hidden: string[]
  /** Foreign keys that lead to a table of another schema. */
  strays: string[]
}

const names = [
  "TimeZone",
  "DateStyle",
  "IntervalStyle",
  "extra_float_digits",
  "bytea_output",
  "standard_conforming_strings",
  "search_path",
  "client_encoding",
  "server_encoding",
  "default_transaction_read_only",
  "default_transaction_isolation",
  "statement_timeout",
  "lock_timeout",
  "idle_in_transaction_session_timeout",
  "transaction_timeout",
  "row_security",
  "session_replication_role",
  "plan_cache_mode",
  "transform_null_equals",
  "array_nulls",
  "xmlbinary",
  "synchronous_commit",
  "fsync",
  "full_page_writes",
  "server_version",
]

const settings = names.map((name) => `'${name}', current_setting('${name}', true)`).join(", ")
const home = "(select oid from pg_namespace where nspname = current_schema())"

/** A query for the facts, as one JSON text. */
export const facts = `select json_build_object(
  'settings', json_build_object(${settings}),
  'version', current_setting('server_version_num')::int,
  'recovering', pg_is_in_recovery(),
  'schema', current_schema(),
  'role', current_user,
  'sum', to_json(0.1::float8 + 0.2::float8)::text,
  'utc', extract(hour from timestamptz '2026-01-02 03:04:05+00') = 3 and extract(hour from timestamptz '2026-07-02 03:04:05+00') = 3,
  'bytes', (decode('6869', 'hex'))::text,
  'interval', (interval '1 day 2 hours')::text,
  'unknownIsNull', (current_user = null) is null,
  'plainBackslash', length('a\\nb') = 4,
  'hidden', (select coalesce(json_agg(relname order by relname), '[]') from pg_class where relnamespace = ${home} and relkind in ('r', 'p') and row_security_active(oid)),
  'strays', (select coalesce(json_agg(format('%s of %s refers to %s', conname, conrelid::regclass, format('%I.%I', n.nspname, t.relname)) order by conname), '[]')
    from pg_constraint x join pg_class t on t.oid = confrelid join pg_namespace n on n.oid = t.relnamespace
    where contype = 'f' and connamespace = ${home} and n.nspname <> current_schema()
      and exists (select from pg_class o where o.relnamespace = ${home} and o.relname = t.relname))
)::text`

/** A rule about one setting: what is wrong with its value, if anything. */
type Rule = [
  name: string,
  level: Finding["level"],
  isRight: (value: string, facts: Facts) => boolean,
  why: string,
]

const isOff = (value: string): boolean => value === "0" || value === "off"

const rules: Rule[] = [
  [
    "extra_float_digits",
    "refused",
    (_, { sum }) => sum === "0.30000000000000004",
    "numbers lose their last digits",
  ],
  ["DateStyle", "refused", (value) => /^ISO\b/i.test(value), "instants cannot be read"],
  ["standard_conforming_strings", "refused", (_, f) => f.plainBackslash, "a backslash in a string is lost"],
  ["transform_null_equals", "refused", (_, f) => f.unknownIsNull, "a comparison with NULL finds rows"],
  [
    "default_transaction_isolation",
    "refused",
    (value) => value === "read committed",
    "quotas miscount, and writes fail",
  ],
  ["default_transaction_read_only", "unwritable", isOff, "nothing can be written"],
  ["client_encoding", "refused", (value) => /^utf-?8$/i.test(value), "text is garbled"],
  ["TimeZone", "wrong", (_, { utc }) => utc, "days begin at another hour than UTC's"],
  ["bytea_output", "wrong", (_, { bytes }) => bytes === "\\x6869", "bytes cannot be read"],
  [
    "IntervalStyle",
    "wrong",
    (_, { interval }) => interval === "1 day 02:00:00",
    "intervals print in another way",
  ],
  ["array_nulls", "wrong", (value) => value === "on", "NULL in an array is text"],
  ["xmlbinary", "note", (value) => value === "base64", "bytes in XML print in another way"],
  ["synchronous_commit", "wrong", (value) => value !== "off", "a write that was answered can be lost"],
  ["lock_timeout", "note", isOff, "a statement that waits longer for a lock is a 503"],
  ["transaction_timeout", "note", isOff, "migrations and imports that take longer fail"],
  ["row_security", "note", (value) => value === "on", "reads of tables with policies fail"],
  [
    "plan_cache_mode",
    "note",
    (value) => value !== "force_generic_plan",
    "plans do not look at values, so that reads can be slow",
  ],
  [
    "idle_in_transaction_session_timeout",
    "note",
    (value) => isOff(value) || !/^\d{1,3}ms$/.test(value),
    "transactions can be ended half-way",
  ],
]

/** What is wrong with a session. `searchPath`: the one that its URL asks for. */
export function judge(found: Facts, searchPath: string | undefined): Finding[] {
  return [...ofSettings(found), ...ofServer(found), ...ofSchema(found, searchPath)]
}

function ofSettings(found: Facts): Finding[] {
  return rules.flatMap(([name, level, isRight, why]): Finding[] => {
    const value = found.settings[name]
    if (value === null || value === undefined || isRight(value, found)) return []
    return [
      {
        level,
        what: `${name} is ${value}: ${why}`,
        remedy: `alter role ${found.role} set ${name} = ${rightValues[name] ?? "default"}`,
      },
    ]
  })
}

/** What a remedy sets, where the server's own default is not it, or may have been changed. */
const rightValues: Record<string, string> = {
  extra_float_digits: "1",
  DateStyle: "'ISO, MDY'",
  standard_conforming_strings: "on",
  transform_null_equals: "off",
  default_transaction_isolation: "'read committed'",
  default_transaction_read_only: "off",
  client_encoding: "'UTF8'",
  TimeZone: "'UTC'",
  bytea_output: "'hex'",
  IntervalStyle: "'postgres'",
  array_nulls: "on",
  xmlbinary: "'base64'",
  synchronous_commit: "on",
  lock_timeout: "0",
  transaction_timeout: "0",
  row_security: "on",
  plan_cache_mode: "auto",
  idle_in_transaction_session_timeout: "0",
}

function ofServer({ settings, version, recovering, role }: Facts): Finding[] {
  const encoding = settings.server_encoding ?? ""
  const findings: Finding[] = []
  const add = (level: Finding["level"], what: string, remedy: string) =>
    findings.push({ level, what, remedy })
  if (version < 140_000)
    add(
      "wrong",
      `Postgres ${settings.server_version} is older than 14: migrations fail`,
      "take a newer server",
    )
  if (encoding === "SQL_ASCII")
    add(
      "refused",
      "the database's encoding is SQL_ASCII: text of any bytes is taken, and lengths count bytes",
      "make a database with encoding 'UTF8' template template0",
    )
  else if (encoding !== "UTF8")
    add(
      "wrong",
      `the database's encoding is ${encoding}: it does not hold all text`,
      "make a database with encoding 'UTF8' template template0",
    )
  // `local` fires triggers as `origin` does.
  if (settings.session_replication_role === "replica")
    add(
      "refused",
      "session_replication_role is replica: foreign keys are not checked",
      `alter role ${role} reset session_replication_role`,
    )
  if (recovering)
    add(
      "wrong",
      "the server is a standby: nothing can be written",
      "point DATABASE_URL at the primary, or add ?target_session_attrs=read-write",
    )
  for (const name of ["fsync", "full_page_writes"])
    if (settings[name] === "off")
      add(
        "wrong",
        `${name} is off: a crash can lose or break what was written`,
        `set ${name} = on in postgresql.conf`,
      )
  return findings
}

function ofSchema(
  { settings, schema, hidden, strays, role }: Facts,
  searchPath: string | undefined,
): Finding[] {
  const findings: Finding[] = []
  const spaceless = (path: string) => path.replace(/[\s"]/g, "")
  if (searchPath !== undefined && spaceless(settings.search_path ?? "") !== spaceless(searchPath))
    findings.push({
      level: "refused",
      what: `search_path is ${settings.search_path}, and DATABASE_URL asks for ${searchPath}: something in front of the server drops it`,
      remedy: `alter role ${role} set search_path = ${searchPath}`,
    })
  if (schema === null)
    findings.push({
      level: "refused",
      what: `search_path names no schema that exists: ${settings.search_path}`,
      remedy: "create the schema, or correct the name",
    })
  if (hidden.length)
    findings.push({
      level: "wrong",
      what: `policies hide rows from ${role}: ${hidden.join(", ")}`,
      remedy: `disable row level security there, or alter role ${role} bypassrls`,
    })
  for (const stray of strays)
    findings.push({
      level: "wrong",
      what: `the foreign key ${stray}, another program's table: its deletes reach these rows`,
      remedy: "drop the constraint, and add it again to the table of this schema",
    })
  return findings
}
