/** A condition for the schema's tables: it leaves out SQLite's own, drizzle-kit's ledger and those of Weir's commands. */
const isSchemaTable = (m: string): string =>
  `${m}.type = 'table' and substr(${m}.name, 1, 7) <> 'sqlite_' and substr(${m}.name, 1, 1) <> '_'`

/** The names of the schema's tables: as they are shown, and as a statement writes them. */
export const tables = `select m.name, '"' || replace(m.name, '"', '""') || '"' from sqlite_master m where ${isSchemaTable("m")} order by 1`

/** The names of all tables and views, as Postgres's has them. */
export const present =
  "select name, 1 from sqlite_master where type in ('table', 'view') and substr(name, 1, 7) not in ('sqlite_', 'libsql_') and substr(name, 1, 2) <> '__'"

/** Queries for the schema as lines of text: columns, foreign keys and indexes. The lines do not depend on its history. */
export const schema: string[] = [
  `select m.name || '.' || c.name || ' ' || lower(c.type) || iif(c."notnull", ' not null', '') || coalesce(' default ' || c.dflt_value, '') || iif(c.pk, ' key ' || c.pk, '')
   from sqlite_master m join pragma_table_info(m.name) c where ${isSchemaTable("m")} order by 1`,
  `select m.name || ' references ' || f."table" || ' (' || f."from" || '>' || coalesce(f."to", '') || ') ' || f.on_delete || ' ' || f.on_update
   from sqlite_master m join pragma_foreign_key_list(m.name) f where ${isSchemaTable("m")} order by 1`,
  `select m.name || iif(i."unique", ' unique ', ' index ') || iif(i.origin = 'c', i.name, i.origin) || ' ' || (select group_concat(coalesce(name, 'expression') || iif("desc", ' desc', '')) from (select * from pragma_index_xinfo(i.name) where key order by seqno)) || coalesce((select ' ' || sql from sqlite_master where name = i.name and (i.partial or exists (select 1 from pragma_index_xinfo(i.name) where key and name is null))), '')
   from sqlite_master m join pragma_index_list(m.name) i where ${isSchemaTable("m")} order by 1`,
  "select m.sql from sqlite_master m where m.type = 'trigger' or m.sql like 'create virtual table%' order by 1",
]

/** A query for the CREATE text of each table, the only source of its CHECKs and of `autoincrement`. */
export const texts: string | undefined =
  `select m.name, m.sql from sqlite_master m where ${isSchemaTable("m")} order by 1`

/** The constraints in a table's CREATE text that no pragma reports: its CHECKs and `autoincrement`, sorted. */
export function constraintsIn(text: string): string[] {
  const constraints = /autoincrement/i.test(text) ? ["autoincrement"] : []
  for (const match of text.matchAll(/constraint\s+["`]?(\w+)["`]?\s+check\s*\(/gi)) {
    let depth = 1
    let end = match.index + match[0].length
    const start = end
    while (depth > 0 && end < text.length) {
      if (text[end] === "(") depth += 1
      if (text[end] === ")") depth -= 1
      end += 1
    }
    constraints.push(
      `check ${match[1]} ${text
        .slice(start, end - 1)
        .replace(/[`"]/g, "")
        .replace(/\s+/g, " ")}`,
    )
  }
  return constraints.sort()
}
