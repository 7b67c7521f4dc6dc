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

/**
 * The names of all tables and views, with their schemas, and without where `search_path` finds them; and whether it puts
 * new ones there. What an extension made is left out: it says nothing of who made the rest.
 */
export const present = `select x.name, x.name like '%.' || c.relname or c.relnamespace = ${home} from pg_class c join pg_namespace n on n.oid = c.relnamespace,
  lateral (values (n.nspname || '.' || c.relname), (case when pg_table_is_visible(c.oid) then c.relname end)) x (name)
  where c.relnamespace in ${schemas} and c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relname !~ '^__' and x.name is not null
  and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')`

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
