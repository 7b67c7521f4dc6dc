import { type Column, is, SQL } from "drizzle-orm"
import { expressions } from "../db/dialect/expressions.ts"
import { type SearchColumn, type SearchIndex, searchColumn } from "../db/dialect/search-types.ts"
import { fullName, schemaOf } from "../db/dialect/table-name.ts"
import type { Field, Resource } from "./resource.ts"
import { isOpen, isOpenToAll } from "./rules.ts"
import { viewerKinds } from "./viewer.ts"

/** The option `search`: columns of text, or places in documents, that `q=` searches. */
export type SearchOption<C extends string = string> = readonly C[] | SearchOptions<C>

/** What `search` may name of a table with the columns `C`: any place of a collection, and those in the JSON of a column. */
export type Searchable<C extends string> = "_id" extends C ? string : C | `${C}.${string}`

export interface SearchOptions<C extends string = string> {
  fields: readonly C[]
  /** A configuration of Postgres, such as `english`, by which words are stemmed. SQLite does not stem. */
  language?: string
}

/** A place that is searched. */
export interface SearchPart {
  /** As the option has it: a column, or a path. */
  name: string
  field: Field
  /** Where in the field's JSON; empty for the column itself. */
  path: readonly string[]
  /** Where in a row of an answer. */
  member: readonly string[]
}

/** The option `search`, resolved. */
export interface Search {
  parts: SearchPart[]
  index: SearchIndex
}

/** Names that FTS5 has taken. */
const taken: ReadonlySet<string> = new Set(["rank", "rowid"])
/** The parameters that a resource with `search` has beside those of every list. */
const parameters = ["q", "highlight"]
/** Names of the engine's own in the sort and in the rows of a search. */
const ownNames = ["_rank", "_highlight"]

/** Resolves the option `search` of a resource. Throws one line where something cannot be searched. */
export function searchOf(resource: Resource): Search | undefined {
  const { name, options, fields, keys, table } = resource
  if (options.search === undefined) return undefined
  const given = options.search as SearchOption
  const { fields: names, language } = "fields" in given ? given : { fields: given, language: undefined }
  const refuse = (why: string): never => {
    throw new Error(`${name}: search ${why}`)
  }
  if (!Array.isArray(names) || names.length === 0) refuse("names no field")
  if (new Set(names).size < names.length) refuse("names a field twice")
  if (language !== undefined && !/^[a-z_]{1,60}$/.test(language))
    refuse(`has the language ${JSON.stringify(language)}, which is no name of one`)
  if (keys.length === 0) refuse("needs a table with a primary key")
  for (const own of ownNames)
    if (Object.hasOwn(fields, own))
      refuse(`takes the name "${own}", which is a column: call the property otherwise`)
  for (const parameter of parameters)
    if (Object.hasOwn(fields, parameter))
      refuse(`has the parameter "${parameter}", which is a column: call the property otherwise`)
  for (const column of Object.values(searchColumn))
    if (Object.values(fields).some((field) => field.column.name === column))
      refuse(`keeps what it searches in the column "${column}": the schema must have none of that name`)
  const parts = names.map((each) => partOf(resource, each, refuse))
  const index = { schema: schemaOf(table), table: resource.tableName, columns: parts.map(columnOf), language }
  return { parts, index }
}

function partOf(resource: Resource, name: string, refuse: (why: string) => never): SearchPart {
  const { fields, document } = resource
  const [first = "", ...rest] = name.split(".")
  const isOwn = Object.hasOwn(fields, first)
  const field = isOwn ? fields[first] : document === undefined ? undefined : fields[document]
  if (!field) return refuse(`names "${name}", which is no column`)
  const path = isOwn ? rest : [first, ...rest]
  if (path.some((segment) => !/^[^[\]"\\\p{Cc}\p{Cs}]{1,100}$/u.test(segment)))
    return refuse(`names "${name}", which is no path`)
  const isText = path.length ? field.spec.type === "json" : isPlainText(field)
  if (!isText) return refuse(`names "${name}", which is no text`)
  if (path.length === 0 && taken.has(field.column.name.toLowerCase()))
    return refuse(
      `names "${name}", whose column is called "${field.column.name}": SQLite has taken that name`,
    )
  if (!isReadable(resource, field)) return refuse(`names "${name}", which not every reader may see`)
  return { name, field, path, member: isOwn ? [first, ...rest] : path }
}

/** Whether a column holds text, of a type that both dialects read as such. */
const isPlainText = ({ spec, column }: Field): boolean =>
  spec.type === "text" && /^(text|(var)?char|character|bpchar|citext)/i.test(column.getSQLType())

/** Whether whoever may read a row may read the field: what matched would tell of it otherwise. */
const isReadable = ({ rules, options }: Resource, { read }: Field): boolean =>
  viewerKinds().every(
    (kind) =>
      !isOpen(rules.read, kind) || read === rules.read || read === options.read || isOpenToAll(read, kind),
  )

function columnOf({ field: { column }, path }: SearchPart): SearchColumn {
  const generatedAs = generatedSql(column)
  return {
    name: column.name,
    ...(path.length ? { path: [...path] } : {}),
    ...(generatedAs === undefined ? {} : { generatedAs }),
  }
}

/** What makes a generated column, as SQL. */
function generatedSql({ generated }: Column): string | undefined {
  const as = typeof generated?.as === "function" ? generated.as() : generated?.as
  return is(as, SQL) ? expressions.render(as).text : undefined
}

/** Throws one line where two resources search one table otherwise: it has one index. */
export function checkSearches(resources: readonly Resource[]): void {
  const first = new Map<string, Resource>()
  for (const resource of resources) {
    const { search, table, name } = resource
    if (!search) continue
    const other = first.get(fullName(table))
    first.set(fullName(table), other ?? resource)
    if (other && JSON.stringify(other.search?.index) !== JSON.stringify(search.index))
      throw new Error(
        `${name}: ${other.name} searches the table "${fullName(table)}" as well, by other fields or another language: a table has one search index`,
      )
  }
}
