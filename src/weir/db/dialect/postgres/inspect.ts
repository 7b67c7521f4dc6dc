/** The schema that tables without one of their own are in, as `search_path` says. */
const home = "(select oid from pg_namespace where nspname = current_schema())"
/** The schemas that may hold the tables of an API: all but those of the server and of drizzle-kit's ledger. */
const schemas = "(select oid from pg_namespace where nspname !~ '^(pg_|information_schema$|drizzle$)')"

/** A condition for the tables `c`: it leaves out those of Weir's commands, which begin with `_`. */
const isTable = `c.relnamespace in ${schemas} and c.relkind in ('r', 'p') and c.relname !~ '^_'`

/** The name of a table, without the schema where `search_path` puts it. */
const name = `case when c.relnamespace = ${home} then '' else c.relnamespace::regnamespace || '.' end || c.relname`

/** The names of the tables: as they are shown, and as a statement writes them. */
export const tables = `select ${name}, format('%s.%I', c.relnamespace::regnamespace, c.relname) from pg_class c where ${isTable} and has_schema_privilege(c.relnamespace, 'usage') and has_table_privilege(c.oid, 'select') order by 1`

const join = (key: string): string => `join pg_class c on c.oid = x.${key} and ${isTable}`

/** Queries for the schema as lines of text: columns, constraints and indexes. The lines do not depend on its history. */
export const schema: string[] = [
  `select ${name} || '.' || x.attname || ' ' || format_type(x.atttypid, x.atttypmod) || case when x.attnotnull then ' not null' else '' end || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') || ' ' || x.attidentity::text
   from pg_attribute x ${join("attrelid")} left join pg_attrdef d on d.adrelid = x.attrelid and d.adnum = x.attnum where x.attnum > 0 and not x.attisdropped order by 1`,
  `select ${name} || ' ' || x.conname || ' ' || pg_get_constraintdef(x.oid) from pg_constraint x ${join("conrelid")} order by 1`,
  `select pg_get_indexdef(x.indexrelid) from pg_index x ${join("indrelid")} order by 1`,
]

/** Not needed: the catalogue has all constraints. */
export const texts: string | undefined = undefined

export const constraintsIn = (_text: string): string[] => []
