// First, because in workerd it chooses the dialect, before a table is made.

import { afterAll, beforeAll } from "vitest"
import "#fresh"
import { sql, type Table } from "drizzle-orm"
import type { Api } from "../../../src/weir/api.ts"
import { foreignKeysOf, propertyOf } from "../../../src/weir/db/dialect/foreign-keys.ts"
import { tableConfig } from "../../../src/weir/db/dialect/names.ts"
import type { Database } from "../../../src/weir/db/driver.ts"
import { documentExample } from "../../../src/weir/documents/schema-example.ts"
import { resource } from "../../../src/weir/resource/define.ts"
import type { Key } from "../../../src/weir/resource/key.ts"
import type { Field, Resource } from "../../../src/weir/resource/resource.ts"
import { isOpen } from "../../../src/weir/resource/rules.ts"
import type { ViewerKind } from "../../../src/weir/resource/viewer.ts"
import { insertMany } from "../../../src/weir/sql/bulk.ts"
import { compile, withValues } from "../../../src/weir/sql/plan.ts"
import type { Answer, Call } from "./client.ts"
import { pathOf } from "./keys.ts"
import { keyText, sampleOf } from "./sample-values.ts"

export { sampleOf } from "./sample-values.ts"

/** Somebody with a token, or nobody in particular. */
export interface Person {
  id: Key
  token: string | undefined
  /** Its row, by which others may refer to it. */
  row: Row
}

export type Row = Record<string, unknown>

/** The rows of a list's answer, or a failure that shows what was answered instead. */
export function rowsOf(answer: Answer): Row[] {
  if (answer.status > 201 || !Array.isArray(answer.body))
    throw new Error(`expected rows, not ${answer.status} ${answer.text}`)
  return answer.body as Row[]
}

/** The row of an answer, likewise. */
export function rowOf(answer: Answer): Row {
  if (answer.status > 201 || typeof answer.body !== "object" || answer.body === null)
    throw new Error(`expected a row, not ${answer.status} ${answer.text}`)
  return answer.body as Row
}

/** The fields that such a viewer may set. */
export const writableBy = (resource: Resource, kind: ViewerKind): Field[] =>
  Object.values(resource.fields).filter((f) => f.write !== undefined && isOpen(f.write.create, kind))

/** The fields that such a viewer may change. */
export const changeableBy = (resource: Resource, kind: ViewerKind): Field[] =>
  writableBy(resource, kind).filter((f) => f.write && isOpen(f.write.update, kind))

/** Whether the value of a field is not a client's alone to choose: the database or the table's code makes it anew. */
export const isRemade = ({ spec, remade }: Field): boolean => spec.auto === "updated" || remade !== undefined

/** The name of a field in a request body. */
export const inputName = (field: Field): string => field.secret?.as ?? field.name

/** Tables that no resource is of, as closed ones: rows may refer to theirs. */
const unserved = new Map<Table, Resource>()

function resourceOf({ resources }: Api, table: Table): Resource {
  const found = resources.find((one) => one.table === table) ?? unserved.get(table)
  if (found) return found
  const closed = resource({ table }, {})
  unserved.set(table, closed)
  return closed
}

/** Columns that refer to rows of a table, by their names on the wire. */
export interface Referring {
  columns: string[]
  target: Resource
  foreign: string[]
}

export const referencesOf = (api: Api, { table }: Resource): Referring[] =>
  foreignKeysOf(table).map(({ columns, foreignTable, foreignColumns }) => ({
    columns: columns.flatMap((column) => propertyOf(table, column) ?? []),
    target: resourceOf(api, foreignTable),
    foreign: foreignColumns.flatMap((column) => propertyOf(foreignTable, column) ?? []),
  }))

/** The resources that a resource's columns refer to, by the column. */
export const targetsOf = (api: Api, resource: Resource): Map<string, Resource> =>
  new Map(
    referencesOf(api, resource).flatMap(({ columns, target }) =>
      columns.map((column) => [column, target] as const),
    ),
  )

/** The columns that refer to rows only together with others: one of them alone cannot be changed. */
export const jointColumns = (api: Api, resource: Resource): Set<string> =>
  new Set(referencesOf(api, resource).flatMap(({ columns }) => (columns.length > 1 ? columns : [])))

/**
 * The columns that must differ from row to row: unique ones, those of the key, one of those that are unique together, if
 * it can be one whose value is not given.
 */
function distinctColumns({ table, fields, keys }: Resource, given: Row = {}): Set<string> {
  const byColumn = new Map(Object.values(fields).map((field) => [field.column.name, field.name]))
  const { uniqueConstraints, indexes } = tableConfig(table)
  const together = [
    ...uniqueConstraints.map(({ columns }) => columns),
    ...indexes.filter(({ config }) => config.unique).map(({ config }) => config.columns ?? []),
  ].map((columns) =>
    columns.flatMap((column) => byColumn.get((column as { name?: string }).name ?? "") ?? []),
  )
  const single = Object.values(fields).filter(({ unique }) => unique)
  const free = (name: string) => fields[name]?.spec.type !== "boolean" && !fields[name]?.spec.values
  return new Set([
    ...single.map(({ name }) => name),
    ...keys.filter(free),
    ...together.flatMap(
      (names) => names.find((name) => free(name) && !Object.hasOwn(given, name)) ?? names.find(free) ?? [],
    ),
  ])
}

/**
 * Lets secrets cost nothing to store. A password's hash is dear on purpose; a suite that makes hundreds of
 * rows would spend its time there. That secrets are hashed well is the matter of the auth suites.
 */
export function cheapSecrets(api: Api): void {
  const fields = api.resources.flatMap((resource) => Object.values(resource.fields))
  const dear = new Map(fields.map((field) => [field, field.secret]))
  beforeAll(() => {
    for (const [field, secret] of dear)
      if (secret) field.secret = { ...secret, hash: async (value) => `cheap$${value.length}` }
  })
  // The worker goes on to other files.
  afterAll(() => {
    for (const [field, secret] of dear) field.secret = secret
  })
}

/** What rows are made in: an app, and who may do everything in it. */
export interface Setting {
  api: Api
  database: Database
  call: Call
  /** Who may do what is not closed to everybody, and what kind of viewer that is. */
  root: Person
  kind: ViewerKind
  /** Others whose rows may be referred to, where the API has accounts. */
  people: Person[]
}

/** Values of some columns of a table's row `n`, where none that fit could be made up. */
export type Samples = Record<string, (n: number) => Row>

/** Makes rows of any resource, out of nothing but its fields. */
export class Maker {
  private n = 0
  private readonly w: Setting
  private readonly samples: Samples
  private readonly pools = new Map<Resource, Row[]>()

  constructor(w: Setting, samples: Samples = {}) {
    this.w = w
    this.samples = samples
  }

  /** A valid value of a field: unlike all before it, where its type has so many. */
  async value(resource: Resource, field: Field, as: Person = this.w.root, given: Row = {}): Promise<unknown> {
    const n = this.n++
    if (field.secret) return `sample secret ${n}`.padEnd(field.secret.min, "x").slice(0, field.secret.max)
    const unique = distinctColumns(resource, given).has(field.name)
    const reference = referencesOf(this.w.api, resource).findLast(({ columns }) =>
      columns.includes(field.name),
    )
    if (reference) {
      const { target, columns, foreign } = reference
      return this.parentValue(target, foreign[columns.indexOf(field.name)] as string, { unique, n, as })
    }
    const isPlainText = field.spec.type === "text" && field.spec.inferred && !field.spec.values
    if (isPlainText && resource.keys.includes(field.name)) return keyText(field, n)
    try {
      return sampleOf(field, n, unique)
    } catch (error) {
      const own = this.samples[resource.name]?.(n)?.[inputName(field)]
      if (own === undefined) throw error
      return own
    }
  }

  /** Another value than the one that is there, where the field has another. */
  async otherValue(resource: Resource, field: Field, present: unknown): Promise<unknown> {
    let value: unknown
    for (let tries = 0; tries < 10; tries++) {
      value = await this.value(resource, field)
      if (JSON.stringify(value) !== JSON.stringify(present)) break
    }
    return value
  }

  /** A valid body of a create, with every member that the person may set; every third null, where it may be. */
  async body(
    resource: Resource,
    as: Person = this.w.root,
    kind = this.w.kind,
    given: Row = {},
  ): Promise<Row> {
    if (resource.document) return { ...(await this.document(resource, as)), ...given }
    const body: Row = {}
    const nullTurn = this.n % 3 === 1
    for (const field of writableBy(resource, kind)) {
      const name = inputName(field)
      if (Object.hasOwn(given, name)) {
        body[name] = given[name]
        continue
      }
      // A row that may refer to its own kind starts as a root.
      const itself = targetsOf(this.w.api, resource).get(field.name) === resource
      const empty = field.nullable && (itself || (nullTurn && !field.unique))
      body[name] = empty ? null : await this.value(resource, field, as, given)
    }
    await this.join(resource, body, given)
    return { ...body, ...this.samples[resource.name]?.(this.n++), ...given }
  }

  /** A valid document of a collection, with the references that it must have. */
  async document(resource: Resource, as: Person = this.w.root): Promise<Row> {
    const document: Row = { ...documentExample(resource) }
    for (const name of Object.keys(resource.collection?.references ?? {})) {
      const field = resource.fields[name] as Field
      if (!field.nullable) document[name] = await this.value(resource, field, as)
    }
    return { ...document, ...this.samples[resource.name]?.(this.n++) }
  }

  /** A new row as root is shown it; where no request may make one, it is put into the database. */
  async row(resource: Resource, given: Row = {}): Promise<Row> {
    const { call, root, kind } = this.w
    if (isCreatable(resource, kind)) {
      const json = await this.body(resource, root, kind, given)
      const created = await call("POST", `/${resource.name}`, { token: root.token, json })
      // A rule may look at the row, or at one that it names, and refuse this one.
      if (![401, 403, 404].includes(created.status) && !namesHidden(created)) return rowOf(created)
    }
    const values = await this.insert(resource, given)
    if (resource.keys.length === 0) return values
    const read = await call("GET", `${pathOf(resource, values)}?include=`, { token: root.token })
    return read.status === 200 ? rowOf(read) : values
  }

  async rows(resource: Resource, count: number, given: Row = {}): Promise<Row[]> {
    const made: Row[] = []
    for (let i = 0; i < count; i++) made.push(await this.row(resource, given))
    return made
  }

  /** A row that the person makes; undefined where it may not. */
  async ownRow(resource: Resource, as: Person, kind: ViewerKind): Promise<Row | undefined> {
    if (!isCreatable(resource, kind)) return undefined
    const json = await this.body(resource, as, kind)
    const answer = await this.w.call("POST", `/${resource.name}`, { token: as.token, json })
    return answer.status === 201 ? rowOf(answer) : undefined
  }

  /** Puts a row into the database, past all rules, and answers with its values, those of its key among them. */
  async insert(resource: Resource, given: Row = {}): Promise<Row> {
    const values: Row = {}
    for (const field of Object.values(resource.fields)) {
      if (field.write === undefined || Object.hasOwn(given, field.name)) continue
      const itself = targetsOf(this.w.api, resource).get(field.name) === resource
      if (field.nullable && itself) continue
      values[field.name] = field.spec.document
        ? documentExample(resource)
        : field.secret
          ? "secret"
          : await this.value(resource, field)
    }
    await this.join(resource, values, given)
    Object.assign(values, this.samples[resource.name]?.(this.n++), given)
    const encoded = Object.entries(values).map(([name, value]) => [
      name,
      value === null ? null : resource.fields[name]?.type.sql.encode(value),
    ])
    const client = this.w.database.connect()
    await client.batch(insertMany(resource, [Object.fromEntries(encoded)]))
    for (const key of resource.keys) {
      if (Object.hasOwn(values, key)) continue
      // A key that the database makes is a number, and the last is the largest.
      const column = resource.fields[key]?.column
      const last = compile(sql`select max(${column}) from ${resource.table}`)
      const [row] = await client.query(withValues(last, {}))
      values[key] = Number(row?.[0])
    }
    await client.close?.()
    return values
  }

  /** Lets columns that refer together name one row: that which has the values that are settled. */
  private async join(resource: Resource, values: Row, given: Row): Promise<void> {
    const references = referencesOf(this.w.api, resource)
    const alone = references.filter(({ columns }) => columns.length === 1)
    const settled = new Set([...alone.flatMap(({ columns }) => columns), ...Object.keys(given)])
    for (const { columns, target, foreign } of references) {
      const names = columns.filter((name) => values[name] !== undefined && values[name] !== null)
      if (columns.length === 1 || names.length < columns.length) continue
      if (columns.every((name) => settled.has(name))) continue
      const wanted = columns.flatMap((name, i) =>
        settled.has(name) ? [[foreign[i] as string, values[name]] as const] : [],
      )
      const parent = await this.row(target, Object.fromEntries(wanted))
      for (const [i, name] of columns.entries()) values[name] = parent[foreign[i] as string]
      for (const name of columns) settled.add(name)
    }
  }

  /** A value of a row to refer to: the person itself among viewers, one of two, or one that nobody refers to yet. */
  private async parentValue(
    target: Resource,
    foreign: string,
    { unique, n, as }: { unique: boolean; n: number; as: Person },
  ): Promise<unknown> {
    if (target.holdsViewers && as !== this.w.root && !unique) return as.row[foreign]
    if (unique) return (await this.parent(target, foreign))[foreign]
    let pool = this.pools.get(target)
    if (!pool) {
      pool = target.holdsViewers ? this.w.people.map(({ row }) => row) : []
      this.pools.set(target, pool)
      while (pool.length < 2) pool.push(await this.parent(target, foreign))
    }
    return pool[n % pool.length]?.[foreign]
  }

  /** A new row whose value in that column is known, though root may not see it. */
  private async parent(target: Resource, foreign: string): Promise<Row> {
    const row = await this.row(target)
    return row[foreign] === undefined ? this.insert(target) : row
  }
}

/** Whether a create was refused for the rows that it names alone: those that its writer cannot see. */
export const namesHidden = ({ status, body }: Answer): boolean =>
  status === 422 &&
  ((body as { errors?: { code: string }[] }).errors ?? []).every(({ code }) => code === "unknown_reference")

/** Whether such a viewer may create rows, and set all that a row must have. */
export const isCreatable = (resource: Resource, kind: ViewerKind): boolean =>
  isOpen(resource.rules.create, kind) &&
  Object.values(resource.fields).every(
    (f) => f.optional || (f.write !== undefined && isOpen(f.write.create, kind)),
  )
