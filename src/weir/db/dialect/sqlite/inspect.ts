/** Tables that are not the schema's: SQLite's own, drizzle-kit's ledger, and what Weir's commands keep. */
const ours = (m: string): string =>
  `${m}.type = 'table' and substr(${m}.name, 1, 7) <> 'sqlite_' and substr(${m}.name, 1, 1) <> '_'`

/** The names of the schema's tables. */
export const tables = `select m.name from sqlite_master m where ${ours("m")} order by 1`

/** The schema as lines of text that do not depend on how it came about: columns, keys, indexes, and the tables' text for its CHECKs. */
export const schema: string[] = [
  `select m.name || '.' || c.name || ' ' || lower(c.type) || iif(c."notnull", ' not null', '') || coalesce(' default ' || c.dflt_value, '') || iif(c.pk, ' key ' || c.pk, '')
   from sqlite_master m join pragma_table_info(m.name) c where ${ours("m")} order by 1`,
  `select m.name || ' references ' || f."table" || ' (' || f."from" || '>' || coalesce(f."to", '') || ') ' || f.on_delete || ' ' || f.on_update
   from sqlite_master m join pragma_foreign_key_list(m.name) f where ${ours("m")} order by 1`,
  `select m.name || iif(i."unique", ' unique ', ' index ') || iif(i.origin = 'c', i.name, i.origin) || ' ' || (select group_concat(name || iif("desc", ' desc', '')) from (select * from pragma_index_xinfo(i.name) where key order by seqno)) || coalesce((select ' ' || sql from sqlite_master where name = i.name and i.partial), '')
   from sqlite_master m join pragma_index_list(m.name) i where ${ours("m")} order by 1`,
]

/** The text of each table, for what no pragma tells. */
export const texts: string | undefined =
  `select m.name, m.sql from sqlite_master m where ${ours("m")} order by 1`

/** The CHECKs in a table's text, and whether its ids are never used again. */
export function constraintsIn(text: string): string[] {
  const found = /autoincrement/i.test(text) ? ["autoincrement"] : []
  for (const match of text.matchAll(/constraint\s+["`]?(\w+)["`]?\s+check\s*\(/gi)) {
    let depth = 1
    let end = match.index + match[0].length
    const start = end
    while (depth > 0 && end < text.length) {
      if (text[end] === "(") depth += 1
      if (text[end] === ")") depth -= 1
      end += 1
    }
    found.push(
      `check ${match[1]} ${text
        .slice(start, end - 1)
        .replace(/[`"]/g, "")
        .replace(/\s+/g, " ")}`,
    )
  }
  return found.sort()
}
