// First, because in workerd it chooses the dialect, before a table is made.

import { afterAll, beforeAll } from "vitest"
import { keyOf } from "./keys.ts"
import "#fresh"
import { type Column, is, type Table } from "drizzle-orm"
import { getTableConfig as configOfPg, PgTable } from "drizzle-orm/pg-core"
import { getTableConfig as configOfSqlite, type SQLiteTable } from "drizzle-orm/sqlite-core"
import type { Api } from "../../../src/weir/api.ts"
import { propertyOf } from "../../../src/weir/db/dialect/foreign-keys.ts"
import type { Database } from "../../../src/weir/db/driver.ts"
import { fromScaled } from "../../../src/weir/lib/scaled.ts"
import { resource } from "../../../src/weir/resource/define.ts"
import type { Field, Resource } from "../../../src/weir/resource/resource.ts"
import { isOpen } from "../../../src/weir/resource/rules.ts"
import type { ViewerKind } from "../../../src/weir/resource/viewer.ts"
import { insertMany } from "../../../src/weir/sql/bulk.ts"
import type { Answer, Call } from "./client.ts"

/** Somebody with a token, or nobody in particular. */
export interface Person {
  id: number
  token: string | undefined
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

/** The fields of them that an update may set: a key stays what it is. */
export const changeableBy = (resource: Resource, kind: ViewerKind): Field[] =>
  writableBy(resource, kind).filter((f) => f.write !== undefined && isOpen(f.write.update, kind))

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

/** The resources that a resource's columns refer to, by the column. */
export function targetsOf(api: Api, { table }: Resource): Map<string, Resource> {
  const targets = new Map<string, Resource>()
  for (const { columns, foreignTable } of referencesOf(table))
    for (const column of columns)
      targets.set(propertyOf(table, column) as string, resourceOf(api, foreignTable))
  return targets
}

const referencesOf = (table: Table): { columns: Column[]; foreignTable: Table }[] =>
  is(table, PgTable)
    ? configOfPg(table).foreignKeys.map((key) => key.reference())
    : configOfSqlite(table as SQLiteTable).foreignKeys.map((key) => key.reference())

/** The columns that must differ from row to row: unique ones, and one of those that are unique together. */
function distinctColumns(resource: Resource): Set<string> {
  const { table, fields } = resource
  const config = is(table, PgTable) ? configOfPg(table) : configOfSqlite(table as SQLiteTable)
  const property = (name: string) =>
    Object.values(fields).find(({ column }) => column.name === name)?.name ?? name
  const together: string[][] = [
    ...config.uniqueConstraints.map(({ columns }) => columns.map(({ name }) => name)),
    ...config.indexes
      .filter(({ config: { unique } }) => unique)
      .map(({ config: { columns } }) => (columns as { name?: string }[]).map(({ name }) => String(name))),
  ]
  const single = Object.values(fields).filter(({ unique, name }) => unique || name === keyOf(resource))
  const free = (name: string) => fields[name]?.spec.type !== "boolean" && !fields[name]?.spec.values
  return new Set([
    ...single.map(({ name }) => name),
    ...together.flatMap((names) => names.map(property).find(free) ?? []),
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

/** Mixed case, beyond ASCII and beyond 16 bits, and what quotes and escapes could break. */
const words = [
  "Zoë",
  "apple",
  "Äpfel",
  "zebra",
  "日本",
  "😀 smile",
  'say "hi", you',
  "back\\slash",
  "ｆull",
  "O'Neil",
]

/** Texts for fields with a pattern: the first that fits is taken. A new kind of pattern needs a line here. */
const shapes: ((n: number) => string)[] = [
  (n) => `sample_${n}`,
  (n) => `sample-${n}`,
  (n) => `Sample${n}`,
  (n) => `S${n}`,
  (n) => String(n).padStart(6, "0"),
  (n) => n.toString(16).padStart(6, "0"),
  (n) => `#${n.toString(16).padStart(6, "0")}`,
  (n) => `+1555${String(n).padStart(7, "0")}`,
  (n) => `https://example.com/${n}`,
  (n) => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`,
  (n) => `2026-01-${String((n % 28) + 1).padStart(2, "0")}`,
  (n) => String.fromCharCode(65 + (n % 26), 65 + (Math.floor(n / 26) % 26), 65 + (Math.floor(n / 676) % 26)),
  (n) => String.fromCharCode(65 + (n % 26), 65 + (Math.floor(n / 26) % 26)),
]

/** Texts like the example of a column, with other digits or other letters. */
function variants(example: string, n: number): string[] {
  const letter = (at: number) => (char: string) => {
    const first = char < "a" ? 65 : 97
    return String.fromCharCode(first + ((char.charCodeAt(0) - first + Math.floor(n / 26 ** at)) % 26))
  }
  const lastDigits = (digits: string) =>
    String(n).padStart(digits.length, "0").slice(-Math.max(digits.length, 6))
  let at = 0
  return [
    example.replace(/\d+(?=\D*$)/, (digits) => String(Number(digits) + n).padStart(digits.length, "0")),
    example.replace(/\d+(?=\D*$)/, (digits) => lastDigits(digits).slice(-digits.length)),
    example.replace(/[A-Za-z]/g, (char) => letter(at++)(char)),
    example,
  ]
}

function textSample({ spec, name }: Field, n: number): string {
  const { min = 0, max = 200, pattern, format, values, example = "example" } = spec
  if (values) return values[n % values.length] as string
  const fitting = (text: string) => text.length >= min && text.length <= max
  if (format === "email") return `sample${n}@example.com`
  if (pattern) {
    const regex = new RegExp(pattern, "u")
    const texts = [...shapes.map((shape) => shape(n)), ...variants(example, n)]
    const text = texts.find((one) => fitting(one) && regex.test(one))
    if (text === undefined)
      throw new Error(
        `No sample for ${name}: ${pattern}. Give contract() some: { samples: { table: (n) => ({ ${name}: … }) } }`,
      )
    return text
  }
  const long = `${words[n % words.length]} ${n}`.padEnd(min, "x")
  return fitting(long) ? long : n.toString(36).padStart(Math.max(min, 1), "0").slice(-max)
}

/** A number within the bounds. What need not be unique comes again after a while: ties are what cursors lose. */
function numberSample({ spec }: Field, n: number, unique: boolean): number {
  const { min = -20, max = min + 1e6 } = spec
  const step = spec.type === "real" ? 3.7 : 3
  const value = min + (unique ? n : n % 7) * step
  if (value <= max) return value
  return spec.type === "real" ? min + ((max - min) * (n % 97)) / 97 : min + (n % (max - min + 1))
}

/** A decimal with all digits of its scale, which is how it is shown. */
function decimalSample({ spec: { precision = 18, scale = 0 } }: Field, n: number): string {
  const most = 10n ** BigInt(precision)
  const value = [most - 1n, 1n - most, 5n, -5n, 0n, 100n, 99n, 10n ** BigInt(scale)][n % 8] as bigint
  return fromScaled(String(value % most), scale)
}

/** A valid value of a field that refers to nothing. */
export function sampleOf(field: Field, n: number, unique = field.unique): unknown {
  switch (field.spec.type) {
    case "text":
      return textSample(field, n)
    case "id":
    case "integer":
    case "real":
      return numberSample(field, n, unique)
    case "boolean":
      return n % 2 === 1
    case "timestamp":
      return new Date(Date.UTC(2026, 0, 1) + n * 3_600_123).toISOString()
    case "uuid":
      return `0190a5c4-7d1e-7cc0-8f6a-${n.toString(16).padStart(12, "0")}`
    case "bigint":
      return String(9_007_199_254_740_993n + BigInt(unique ? n : (n % 7) - 3) * 1_000_000_000_000_001n)
    case "decimal":
      return decimalSample(field, n)
    case "date":
      return new Date(Date.UTC(1996, 1, 27) + n * 86_400_000).toISOString().slice(0, 10)
    case "time":
      return ["24:00:00", "00:00:00", "23:59:59.999999", `12:00:00.${n}`.replace(/0+$/, "")][n % 4]
    case "bytes":
      return Buffer.from(Array.from({ length: n % 60 }, (_, i) => (i * 37 + n) % 256)).toString("base64")
    case "json":
      return { n, list: [1.5, "two", null, { deep: true }] }
  }
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
  private readonly pools = new Map<Resource, unknown[]>()

  constructor(w: Setting, samples: Samples = {}) {
    this.w = w
    this.samples = samples
  }

  /** A valid value of a field: unlike all before it, where its type has so many. */
  async value(resource: Resource, field: Field, as: Person = this.w.root): Promise<unknown> {
    const n = this.n++
    if (field.secret) return `sample secret ${n}`.padEnd(field.secret.min, "x").slice(0, field.secret.max)
    const unique = distinctColumns(resource).has(field.name)
    const target = targetsOf(this.w.api, resource).get(field.name)
    return target ? this.parent(target, unique, n, as) : sampleOf(field, n, unique)
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
  async body(resource: Resource, as: Person = this.w.root, kind = this.w.kind): Promise<Row> {
    const body: Row = {}
    const nullTurn = this.n % 3 === 1
    for (const field of writableBy(resource, kind)) {
      // A row that may refer to its own kind starts as a root.
      const itself = targetsOf(this.w.api, resource).get(field.name) === resource
      const empty = field.nullable && (itself || (nullTurn && !field.unique))
      body[inputName(field)] = empty ? null : await this.value(resource, field, as)
    }
    return { ...body, ...this.samples[resource.name]?.(this.n++) }
  }

  /** A new row as root is shown it; where no request may make one, it is put into the database. */
  async row(resource: Resource): Promise<Row> {
    const { call, root, kind } = this.w
    if (isCreatable(resource, kind)) {
      const json = await this.body(resource)
      const created = await call("POST", `/${resource.name}`, { token: root.token, json })
      // A rule may look at the row, or at one that it names, and refuse this one.
      if (![401, 403, 404].includes(created.status) && !namesHidden(created)) return rowOf(created)
    }
    const key = await this.insert(resource)
    const read = await call("GET", `/${resource.name}/${key}?include=`, { token: root.token })
    return read.status === 200 ? rowOf(read) : { [keyOf(resource)]: key }
  }

  async rows(resource: Resource, count: number): Promise<Row[]> {
    const made: Row[] = []
    for (let i = 0; i < count; i++) made.push(await this.row(resource))
    return made
  }

  /** A row that the person makes; undefined where it may not. */
  async ownRow(resource: Resource, as: Person, kind: ViewerKind): Promise<Row | undefined> {
    if (!isCreatable(resource, kind)) return undefined
    const json = await this.body(resource, as, kind)
    const answer = await this.w.call("POST", `/${resource.name}`, { token: as.token, json })
    return answer.status === 201 ? rowOf(answer) : undefined
  }

  /** Puts a row into the database, past all rules, and answers with its key. */
  async insert(resource: Resource, given: Row = {}): Promise<string | number> {
    const values: Row = {}
    for (const field of Object.values(resource.fields)) {
      if (field.type.generated) continue
      const itself = targetsOf(this.w.api, resource).get(field.name) === resource
      if (field.nullable && itself) continue
      values[field.name] = field.secret ? "secret" : await this.value(resource, field)
    }
    Object.assign(values, this.samples[resource.name]?.(this.n++), given)
    const encoded = Object.entries(values).map(([name, value]) => [
      name,
      resource.fields[name]?.type.sql.encode(value),
    ])
    const client = this.w.database.connect()
    await client.batch(insertMany(resource, [Object.fromEntries(encoded)]))
    const known = values[keyOf(resource)]
    if (known !== undefined) return known as string
    const [row] = await client.query({
      text: `select max("${keyOf(resource)}") from "${resource.name}"`,
      bounded: true,
      params: [],
    })
    await client.close?.()
    return Number(row?.[0])
  }

  /** A row to refer to: the person itself among viewers, one of two, or one that nobody refers to yet. */
  private async parent(target: Resource, unique: boolean, n: number, as: Person): Promise<unknown> {
    if (target.holdsViewers && as !== this.w.root && !unique) return as.id
    const key = async () => (await this.row(target))[keyOf(target)]
    if (unique) return key()
    let pool = this.pools.get(target)
    if (!pool) {
      pool = target.holdsViewers ? this.w.people.map(({ id }) => id) : []
      this.pools.set(target, pool)
      while (pool.length < 2) pool.push(await key())
    }
    return pool[n % pool.length]
  }
}

/** Whether a create was refused for the rows that it names alone: those that its writer cannot see. */
const namesHidden = ({ status, body }: Answer): boolean =>
  status === 422 &&
  ((body as { errors?: { code: string }[] }).errors ?? []).every(({ code }) => code === "unknown_reference")

/** Whether such a viewer may create rows, and set all that a row must have. */
export const isCreatable = (resource: Resource, kind: ViewerKind): boolean =>
  isOpen(resource.rules.create, kind) &&
  Object.values(resource.fields).every(
    (f) => f.optional || (f.write !== undefined && isOpen(f.write.create, kind)),
  )
