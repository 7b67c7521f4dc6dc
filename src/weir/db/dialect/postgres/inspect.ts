/** The names of the schema's tables: not drizzle-kit's ledger, nor what Weir's commands keep. */
export const tables = `select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname !~ '^_' order by 1`

const join =
  "join pg_class c on c.oid = x.%s and c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname !~ '^_'"

/** The schema as lines of text that do not depend on how it came about. */
export const schema: string[] = [
  `select c.relname || '.' || x.attname || ' ' || format_type(x.atttypid, x.atttypmod) || case when x.attnotnull then ' not null' else '' end || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') || ' ' || x.attidentity::text
   from pg_attribute x ${join.replace("%s", "attrelid")} left join pg_attrdef d on d.adrelid = x.attrelid and d.adnum = x.attnum where x.attnum > 0 and not x.attisdropped order by 1`,
  `select c.relname || ' ' || x.conname || ' ' || pg_get_constraintdef(x.oid) from pg_constraint x ${join.replace("%s", "conrelid")} order by 1`,
  `select pg_get_indexdef(x.indexrelid) from pg_index x ${join.replace("%s", "indrelid")} order by 1`,
]

/** Everything is in the catalogue. */
export const texts: string | undefined = undefined

export const constraintsIn = (_text: string): string[] => []
