import type { Migration } from "./files.ts"

/** Text and comments, which are passed over; a quoted name in `public`; other quoted names. */
const token =
  /'(?:[^']|'')*'|\$(\w*)\$[\s\S]*?\$\1\$|--[^\n]*|\/\*[\s\S]*?\*\/|"public"\."((?:[^"]|"")+)"|"(?:[^"]|"")*"/g

/**
 * A statement without the schema `public` in front of the names that are `own`. drizzle-kit writes it there for tables
 * that have no schema, whatever `search_path` says: a reference could lead to another program's table.
 */
export const withoutPublic = (statement: string, own: (name: string) => boolean): string =>
  statement.replace(token, (text, _tag, name: string | undefined) =>
    name !== undefined && own(name.replaceAll('""', '"')) ? `"${name}"` : text,
  )

const made =
  /\bcreate\s+(?:or\s+replace\s+)?(?:unlogged\s+)?(?:table|type|sequence|(?:materialized\s+)?view)\s+(?:if\s+not\s+exists\s+)?(?:"?public"?\s*\.\s*)?(?:"((?:[^"]|"")+)"|(\w+))(?!\s*\.)|\brename\s+to\s+(?:"((?:[^"]|"")+)"|(\w+))/gi

/** The names of tables, types, sequences and views that migrations make without a schema of their own. */
export function ownNames(migrations: readonly Pick<Migration, "statements">[]): Set<string> {
  const names = new Set<string>()
  for (const { statements } of migrations)
    for (const statement of statements)
      for (const [, quoted, plain, renamed, plainRenamed] of statement.matchAll(made)) {
        const name = quoted ?? renamed
        names.add(name?.replaceAll('""', '"') ?? (plain ?? plainRenamed ?? "").toLowerCase())
      }
  return names
}

/** Migrations whose statements name what they make themselves as `search_path` finds it. Hashes are those of the files. */
export function asSearchPathSays(migrations: Migration[]): Migration[] {
  const names = ownNames(migrations)
  const resolved = (statements: string[]) =>
    statements.map((statement) => withoutPublic(statement, (name) => names.has(name)))
  return migrations.map((migration) => ({
    ...migration,
    statements: resolved(migration.statements),
    down: migration.down && { ...migration.down, statements: resolved(migration.down.statements) },
  }))
}
