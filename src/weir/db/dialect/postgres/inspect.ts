/** The names of the schema's tables, without the tables of Weir's commands, which begin with `_`. */
export const tables = `select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname !~ '^_' order by 1`

const join =
  "join pg_class c on c.oid = x.%s and c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname !~ '^_'"

/** Queries for the schema as lines of text: columns, constraints and indexes. The lines do not depend on its history. */
export const schema: string[] = [
  `select c.relname || '.' || x.attname || ' ' || format_type(x.atttypid, x.atttypmod) || case when x.attnotnull then ' not null' else '' end || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') || ' ' || x.attidentity::text
   from pg_attribute x ${join.replace("%s", "attrelid")} left join pg_attrdef d on d.adrelid = x.attrelid and d.adnum = x.attnum where x.attnum > 0 and not x.attisdropped order by 1`,
  `select c.relname || ' ' || x.conname || ' ' || pg_get_constraintdef(x.oid) from pg_constraint x ${join.replace("%s", "conrelid")} order by 1`,
  `select pg_get_indexdef(x.indexrelid) from pg_index x ${join.replace("%s", "indrelid")} order by 1`,
]

/** Not needed: the catalogue has all constraints. */
export const texts: string | undefined = undefined

export const constraintsIn = (_text: string): string[] => []
