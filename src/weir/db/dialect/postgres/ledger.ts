/**
 * Asks for the schema that `search_path` puts new tables in; null where it names none that exists. The ledger follows
 * it: APIs in several schemas of a database have a ledger each.
 */
export const home: string | undefined = "select current_schema()"

/** An identifier in quotes. */
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

const name = "__drizzle_migrations"
/** drizzle-kit's own ledger, so that Weir and `drizzle-kit migrate` can be used in turn: it serves `public`. */
const shared = `drizzle.${name}`

/** A table in a schema. */
export const within = (schema: string, table: string): string => `${quoted(schema)}.${table}`

/** Where a ledger is other than drizzle-kit's own default. */
interface Place {
  table?: string
  schema?: string
}

/** The ledger of applied migrations in a schema. */
export function table(schema: string, place: Place = {}): string {
  const { table: own = name } = place
  if (place.schema !== undefined) return within(place.schema, own)
  if (schema !== "public") return within(schema, own)
  return own === name ? shared : within("drizzle", own)
}

const columns = "(id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint)"

/** The statements that create the ledger of a schema, which is to hold the tables `own`. */
export function create(schema: string, own: string[], place: Place = {}): string[] {
  const ledger = table(schema, place)
  const made = `create table if not exists ${ledger} ${columns}`
  const apart = place.schema ?? (schema === "public" ? "drizzle" : schema)
  if (apart === schema) return place.schema === undefined ? [made, adopt(ledger, own)] : [made]
  return [`create schema if not exists ${apart === "drizzle" ? apart : quoted(apart)}`, made]
}

/**
 * Takes over what drizzle-kit's ledger says, if the schema has tables of the migrations already and no ledger with rows:
 * it was migrated when there was one ledger for all schemas.
 */
const adopt = (to: string, own: string[]): string =>
  `do $$ begin
  if not exists (select from ${to})
    and exists (select from pg_catalog.pg_class where relnamespace = (select oid from pg_catalog.pg_namespace where nspname = current_schema()) and relname in (${own.map((one) => `'${one.replaceAll("'", "''")}'`).join(", ") || "null"}))
    and exists (select from pg_catalog.pg_namespace where nspname = 'drizzle' and has_schema_privilege(oid, 'usage'))
  then
    if to_regclass('${shared}') is not null then
      insert into ${to} (hash, created_at) select hash, created_at from ${shared} order by created_at;
    end if;
  end if;
end $$`

/**
 * Lets one process migrate at a time; the others wait for the end of its transaction. The connection check ends the
 * transaction soon after its process dies: by default, Postgres would first finish the running statement.
 */
export const lock = [
  "set local client_connection_check_interval = '1s'",
  "set local statement_timeout = 0",
  "select pg_advisory_xact_lock(hashtext('weir.migrations'))",
]

/** A statement that fails if the condition holds. */
export const refuse = (condition: string): string =>
  `do $$ begin if ${condition} then raise exception 'refused'; end if; end $$`

export const check: string[] = []

/** Matches nothing: every statement that drizzle-kit generates for Postgres is run. */
export const needless = /(?!)/
