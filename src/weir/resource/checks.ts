import { longNames, repeatedNames } from "../db/dialect/names.ts"
import { checkBulk } from "./bulk.ts"
import { checkDocumentNames } from "./document-names.ts"
import { isSortable } from "./field.ts"
import { checkHooks } from "./hooks.ts"
import { unnameable } from "./names.ts"
import { defaultSort, type Field, type Resource, secretOf } from "./resource.ts"
import { checkRules } from "./rule-checks.ts"
import { isOpen } from "./rules.ts"
import { checkSearches, searchOf } from "./search.ts"
import { checkUpserts } from "./upsert.ts"
import { viewerKinds } from "./viewer.ts"

/** First segments of the paths that the engine itself serves. */
export const servedPaths: readonly string[] = [
  ".well-known",
  "auth",
  "docs",
  "favicon.ico",
  "health",
  "openapi.json",
  "ready",
  "swagger-ui-dist",
]

/** Throws where a PUT could not replace rows. */
function checkReplaced(resource: Resource): void {
  const { name, keys, document, options } = resource
  if (!options.replace || document) return
  if (keys.length === 0) throw new Error(`${name}: replace needs a table with a primary key`)
  if (secretOf(resource))
    throw new Error(`${name}: replace would need a secret in each body: such rows are changed by PATCH`)
}

/** Throws one line that names the first mistake of the resources together: a request would meet it later. */
export function checkResources(resources: readonly Resource[]): void {
  const names = new Set<string>()
  for (const resource of resources) {
    const { name } = resource
    if (names.has(name)) throw new Error(`${name}: two resources are of this table, and have one path`)
    names.add(name)
    if (servedPaths.includes(name))
      throw new Error(`${name}: the path /${name} is served by Weir itself; call the table otherwise`)
    if (!/^[A-Za-z0-9][\w.~-]*$/.test(name))
      throw new Error(
        `${name}: a table's name is part of its path: a letter or digit, then letters, digits, - . _ ~`,
      )
    const long = longNames(resource.table, true)[0]
    if (long) throw new Error(`${name}: ${long}`)
    for (const field of Object.values(resource.fields)) checkField(resource, field)
    checkConfirmed(resource)
    checkReplaced(resource)
    checkUpserts(resource)
    checkBulk(resource)
    checkHooks(name, resource.options)
    checkRules(resource)
    checkSorts(resource)
    checkEmbeds(resource)
    resource.search = searchOf(resource)
    if (resource.softDelete && resource.relations.restore)
      throw new Error(`${name}: the relation "restore" has the path at which deleted rows are restored`)
  }
  const twice = repeatedNames(resources.map(({ table }) => table))[0]
  if (twice) throw new Error(twice)
  checkSearches(resources)
  checkDocumentNames(resources)
}

function checkField({ name, fields }: Resource, field: Field): void {
  const where = `${name}.${field.name}`
  if (field.name in Object.prototype)
    throw new Error(`${where}: every object has a member of this name; call the property otherwise`)
  const why = field.spec.inferred ? undefined : unnameable(field.name)
  if (why) throw new Error(`${where}: ${why}; call the column otherwise`)
  const { pattern, example = "example", min, max } = field.spec
  for (const bound of [min, max])
    if (bound !== undefined && !Number.isFinite(bound)) throw new Error(`${where}: a bound must be a number`)
  if (min !== undefined && max !== undefined && min > max)
    throw new Error(`${where}: min is larger than max, so that no value fits`)
  if (pattern && !compiled(where, pattern).test(example))
    throw new Error(`${where} has a pattern: give it an example that matches, beside it`)
  if (
    !field.spec.inferred &&
    field.default !== undefined &&
    !field.type.input().safeParse(field.default).success
  )
    throw new Error(`${where}: its default ${JSON.stringify(field.default)} is no value of the column`)
  const { secret } = field
  if (secret && secret.as === secret.confirm)
    throw new Error(`${where}: its secret has one name for the new and the present value`)
  for (const input of secret ? [secret.as, secret.confirm] : [])
    if (fields[input])
      throw new Error(`${where}: its secret is written as "${input}", which is a column already`)
}

/** What asks for the present secret of rows that have none. */
function checkConfirmed(resource: Resource): void {
  const { name, fields, options } = resource
  const field = Object.values(fields).find(({ confirm }) => confirm)
  if (secretOf(resource) || !(field || options.confirmDelete)) return
  const what = field ? `the confirm of field "${field.name}"` : "confirmDelete"
  throw new Error(`${name}: ${what} asks for a secret, and no field has one`)
}

function compiled(where: string, pattern: string): RegExp {
  try {
    return new RegExp(pattern, "u")
  } catch (error) {
    throw new Error(`${where}: its pattern is not valid: ${(error as Error).message}`)
  }
}

/** Embeds with a limit that is no limit. */
function checkEmbeds({ name, options }: Resource): void {
  for (const [relation, { limit } = {}] of Object.entries(options.embed ?? {}))
    if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1 && limit <= 100))
      throw new Error(`${name}: the limit of embed "${relation}" must be a whole number from 1 to 100`)
}

function checkSorts(resource: Resource): void {
  const { name, relations } = resource
  checkSort(resource, `${name}: sort`, defaultSort(resource) ?? "")
  for (const relation of Object.values(relations))
    checkSort(relation.target, `${name}: the sort of embed "${relation.name}"`, relation.sort)
}

function checkSort({ name, fields, rules }: Resource, where: string, sort: string): void {
  for (const part of sort.split(",").filter(Boolean)) {
    const column = part.replace(/^-/, "")
    const field = Object.hasOwn(fields, column) ? fields[column] : undefined
    if (!field) throw new Error(`${where} names "${column}", which is no column of ${name}`)
    if (!isSortable(field)) throw new Error(`${where} names "${column}", which has no order`)
    const hidden = viewerKinds().find((kind) => isOpen(rules.read, kind) && !isOpen(field.read, kind))
    if (hidden) throw new Error(`${where} names "${column}", which not every reader may see`)
  }
}
