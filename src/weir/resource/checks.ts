import { sql } from "drizzle-orm"
import { longNames } from "../db/dialect/names.ts"
import { unnameable } from "./names.ts"
import type { Field, Resource } from "./resource.ts"
import { isOpen, type RowSql, type Rule } from "./rules.ts"
import { viewerKinds } from "./viewer.ts"

/** First segments of the paths that the engine itself serves. */
export const servedPaths: readonly string[] = [
  "auth",
  "docs",
  "favicon.ico",
  "health",
  "openapi.json",
  "ready",
  "swagger-ui-dist",
]

/** Throws one line that names the first mistake of the resources together: a request would meet it later. */
export function checkResources(resources: readonly Resource[]): void {
  const names = new Set<string>()
  for (const resource of resources) {
    const { name } = resource
    if (names.has(name)) throw new Error(`${name}: two resources are of this table, and have one path`)
    names.add(name)
    if (servedPaths.includes(name))
      throw new Error(`${name}: the path /${name} is served by Weir itself; call the table otherwise`)
    if (!/^[\w.~-]+$/.test(name))
      throw new Error(`${name}: a table's name is part of its path: letters, digits, - . _ ~`)
    const long = longNames(resource.table)[0]
    if (long) throw new Error(`${name}: ${long}`)
    for (const field of Object.values(resource.fields)) checkField(resource, field)
    checkRules(resource)
    checkSorts(resource)
  }
  checkTypeNames(resources)
}

function checkField({ name, fields }: Resource, field: Field): void {
  const why = unnameable(field.name)
  if (why) throw new Error(`${name}.${field.name}: ${why}; call the column otherwise`)
  const { pattern, example = "example" } = field.spec
  if (pattern && !new RegExp(pattern, "u").test(example))
    throw new Error(`${name}.${field.name} has a pattern: give it an example that matches, beside it`)
  const { secret } = field
  for (const input of secret ? [secret.as, secret.confirm] : [])
    if (fields[input])
      throw new Error(`${name}.${field.name}: its secret is written as "${input}", which is a column already`)
}

/** Has each rule say what it asks of a row: a column that is not there would be a 503 at the first request. */
function checkRules(resource: Resource): void {
  const { name, fields, rules } = resource
  const checked = (what: string, rule: Rule): void => {
    const row: RowSql = (column) => {
      if (!Object.hasOwn(fields, column))
        throw new Error(`${name}: the rule of ${what} names "${column}", which is no column`)
      return sql`null`
    }
    for (const kind of viewerKinds) rule(row, { kind, id: sql`null` })
  }
  for (const [action, rule] of Object.entries(rules)) checked(action, rule)
  for (const field of Object.values(fields)) {
    checked(`${field.name}.read`, field.read)
    if (field.write) checked(`${field.name}.write`, field.write)
  }
}

function checkSorts(resource: Resource): void {
  const { name, relations, options } = resource
  checkSort(resource, `${name}: sort`, [options.sort ?? []].flat().join(","))
  for (const relation of Object.values(relations))
    checkSort(relation.target, `${name}: the sort of embed "${relation.name}"`, relation.sort)
}

function checkSort({ name, fields, rules }: Resource, where: string, sort: string): void {
  for (const part of sort.split(",").filter(Boolean)) {
    const column = part.replace(/^-/, "")
    const field = Object.hasOwn(fields, column) ? fields[column] : undefined
    if (!field) throw new Error(`${where} names "${column}", which is no column of ${name}`)
    if (field.type.operators.length === 0) throw new Error(`${where} names "${column}", which has no order`)
    const hidden = viewerKinds.find((kind) => isOpen(rules.read, kind) && !isOpen(field.read, kind))
    if (hidden) throw new Error(`${where} names "${column}", which not every reader may see`)
  }
}

/** Two tables whose rows have one name would have one schema in the document. */
function checkTypeNames(resources: readonly Resource[]): void {
  const owners = new Map<string, string>()
  for (const { name, typeName } of resources) {
    const other = owners.get(typeName)
    if (other)
      throw new Error(`${other} and ${name}: both rows are called ${typeName}; give one the option singular`)
    owners.set(typeName, name)
  }
}
