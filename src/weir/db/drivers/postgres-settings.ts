/**
 * Settings of the server that change what a statement means or prints. Poolers take these from each client, as all
 * drivers set them.
 */
const pooledSettings = {
  DateStyle: "ISO, MDY",
  TimeZone: "UTC",
  standard_conforming_strings: "on",
}

/**
 * The settings of every connection, whatever those of the server, the database and the role are. Dates, numbers and
 * bytes print as on any other server, and comparisons mean the same.
 */
export const fixedSettings: Record<string, string> = {
  ...pooledSettings,
  IntervalStyle: "postgres",
  array_nulls: "on",
  bytea_output: "hex",
  // Quotas count in statements that must see each other's commits.
  default_transaction_isolation: "read committed",
  extra_float_digits: "1",
  // A write is answered when it is durable.
  synchronous_commit: "on",
  transform_null_equals: "off",
  xmlbinary: "base64",
}

/**
 * Settings that make statements faster, where a URL says nothing else. Postgres compiles a statement whose cost it guesses
 * to be high: the short ones with many subqueries over arrays, for seconds.
 */
const fasterSettings = { jit: "off" }

/** The settings that a connection is opened with. Some poolers take only the first few, `isPooled`. */
export const settingsFor = (isPooled: boolean): Record<string, string> =>
  isPooled ? pooledSettings : { ...fixedSettings, ...fasterSettings }
