// First, because in workerd it chooses the dialect, before a table is made.
import { afterAll, beforeAll } from "vitest"
import "#fresh"
import { getTableName, is } from "drizzle-orm"
import { getTableConfig as configOfPg, PgTable } from "drizzle-orm/pg-core"
import { getTableConfig as configOfSqlite, type SQLiteTable } from "drizzle-orm/sqlite-core"
import { resources } from "../../../src/resources.ts"
import type { Field, Resource } from "../../../src/weir/resource/resource.ts"
import type { ViewerKind } from "../../../src/weir/resource/rules.ts"
import { isOpen } from "../../../src/weir/sql/row.ts"
import type { Answer } from "./client.ts"
import type { Person, World } from "./world.ts"

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

export const kindOf = (w: World, person: Person): ViewerKind => (person === w.root ? "admin" : "user")

/** The fields that such a viewer may set. */
export const writableBy = (resource: Resource, kind: ViewerKind): Field[] =>
  Object.values(resource.fields).filter((f) => f.write !== undefined && isOpen(f.write, kind))

/** The name of a field in a request body. */
export const inputName = (field: Field): string => field.secret?.as ?? field.name

/** The resources that a resource's columns refer to. */
export function targetsOf(resource: Resource): Map<string, Resource> {
  const keys = is(resource.table, PgTable)
    ? configOfPg(resource.table).foreignKeys
    : configOfSqlite(resource.table as SQLiteTable).foreignKeys
  const targets = new Map<string, Resource>()
  for (const key of keys) {
    const { columns, foreignTable } = key.reference()
    const target = resources.find((r) => r.name === getTableName(foreignTable))
    if (target) for (const column of columns) targets.set(column.name, target)
  }
  return targets
}

/**
 * Lets secrets cost nothing to store. A password's hash is dear on purpose; a suite that makes hundreds of
 * rows would spend its time there. That secrets are hashed well is the matter of the auth suites.
 */
export function cheapSecrets(): void {
  const fields = resources.flatMap((resource) => Object.values(resource.fields))
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

function textSample({ spec, name }: Field, n: number): string {
  const { min = 0, max = 200, pattern, format, values } = spec
  if (values) return values[n % values.length] as string
  const fitting = (text: string) => text.length >= min && text.length <= max
  if (format === "email") return `sample${n}@example.com`
  if (pattern) {
    const regex = new RegExp(pattern, "u")
    const found = shapes.map((shape) => shape(n)).find((text) => fitting(text) && regex.test(text))
    if (found === undefined) throw new Error(`No sample for ${name}: ${pattern}. Add a shape to samples.ts`)
    return found
  }
  const long = `${words[n % words.length]} ${n}`.padEnd(min, "x")
  return fitting(long) ? long : n.toString(36).padStart(Math.max(min, 1), "0").slice(-max)
}

/** A number within the bounds. What need not be unique comes again after a while: ties are what cursors lose. */
function numberSample({ spec, unique }: Field, n: number): number {
  const { min = -20, max = min + 1e6 } = spec
  const step = spec.type === "real" ? 3.7 : 3
  const value = min + (unique ? n : n % 7) * step
  if (value <= max) return value
  return spec.type === "real" ? min + ((max - min) * (n % 97)) / 97 : min + (n % (max - min + 1))
}

/** A valid value of a field that refers to nothing. */
export function sampleOf(field: Field, n: number): unknown {
  switch (field.spec.type) {
    case "text":
      return textSample(field, n)
    case "id":
    case "integer":
    case "real":
      return numberSample(field, n)
    case "boolean":
      return n % 2 === 1
    case "timestamp":
      return new Date(Date.UTC(2026, 0, 1) + n * 3_600_123).toISOString()
    case "json":
      return { n, list: [1.5, "two", null, { deep: true }] }
  }
}

/** Makes rows of any resource, out of nothing but its fields. */
export class Maker {
  private n = 0
  private readonly w: World
  private readonly pools = new Map<Resource, unknown[]>()

  constructor(w: World) {
    this.w = w
  }

  /** A valid value of a field: unlike all before it, where its type has so many. */
  async value(resource: Resource, field: Field, as: Person = this.w.root): Promise<unknown> {
    const n = this.n++
    if (field.secret) return `sample secret ${n}`.padEnd(field.secret.min, "x").slice(0, field.secret.max)
    const target = targetsOf(resource).get(field.name)
    return target ? this.parent(target, field.unique, n, as) : sampleOf(field, n)
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
  async body(resource: Resource, as: Person = this.w.root): Promise<Row> {
    const body: Row = {}
    const nullTurn = this.n % 3 === 1
    for (const field of writableBy(resource, kindOf(this.w, as))) {
      // A row that may refer to its own kind starts as a root.
      const itself = targetsOf(resource).get(field.name) === resource
      const empty = field.nullable && (nullTurn || itself)
      body[inputName(field)] = empty ? null : await this.value(resource, field, as)
    }
    return body
  }

  async row(resource: Resource, as: Person = this.w.root): Promise<Row> {
    const json = await this.body(resource, as)
    return rowOf(await this.w.call("POST", `/${resource.name}`, { token: as.token, json }))
  }

  /** That many new rows, where the person may create any. */
  async rows(resource: Resource, count: number, as: Person = this.w.root): Promise<Row[]> {
    const made: Row[] = []
    if (!isOpen(resource.rules.create, kindOf(this.w, as))) return made
    for (let i = 0; i < count; i++) made.push(await this.row(resource, as))
    return made
  }

  /** A row to refer to: the person itself among viewers, one of two, or one that nobody refers to yet. */
  private async parent(target: Resource, unique: boolean, n: number, as: Person): Promise<unknown> {
    if (target.options.viewers && as !== this.w.root && !unique) return as.id
    if (unique) return (await this.row(target))[target.key]
    let pool = this.pools.get(target)
    if (!pool) {
      const { root } = this.w
      const found = await this.w.call("GET", `/${target.name}?limit=2`, { token: root.token })
      pool = rowsOf(found).map((row) => row[target.key])
      while (pool.length < 2) pool.push((await this.row(target))[target.key])
      this.pools.set(target, pool)
    }
    return pool[n % pool.length]
  }
}
