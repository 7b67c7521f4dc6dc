import { notUtf8, paramsNotUtf8 } from "../lib/utf8.ts"
import { type FieldIssue, invalid } from "../problem.ts"
import type { Field, Resource } from "../resource/resource.ts"
import { isOpen } from "../resource/rules.ts"
import type { ViewerKind } from "../resource/viewer.ts"
import type { Values } from "./query.ts"

/** Filters in one request: D1 binds 100 values to a statement, and a count binds each a second time. */
export const maxFilters = 40
/** Relations that the filters of one request go through, together: a database plans each as a join. */
export const maxSteps = 10
/** Places in JSON that the answers of one request have. */
export const maxPlaces = 40
const maxIssues = 20

/**
 * A query string being read: which parameters were understood, what was wrong, the values to bind, and the
 * text that identifies the statement's shape. A parameter that is not used by the end is an error.
 */
export class ParamReader {
  readonly params: Map<string, string[]> = new Map()
  readonly values: Values = {}
  shape = ""
  private readonly viewer: ViewerKind
  private readonly issues: FieldIssue[] = []
  private readonly used = new Set<string>()
  private bound = 0
  private filters = 0
  private steps = 0
  private places = 0

  constructor(viewer: ViewerKind, search: string) {
    this.viewer = viewer
    const wrong = paramsNotUtf8(search)
    if (wrong.length) {
      for (const name of wrong) this.issue(name, notUtf8, "invalid_text")
      this.finish()
    }
    if (search.length > 1) for (const [name, value] of new URLSearchParams(search)) this.add(name, value)
  }

  /** Adds a parameter. */
  add(name: string, value: string): void {
    const values = this.params.get(name)
    if (values) values.push(value)
    else this.params.set(name, [value])
  }

  /** Records what is wrong: the first 20 issues. */
  issue(path: string, message: string, code: string): void {
    if (this.issues.length < maxIssues) this.issues.push({ path, message, code })
  }

  /** Counts a filter, and the relations it goes through. False when there are more than one request may have. */
  countFilter(relations: number): boolean {
    this.filters += 1
    this.steps += relations
    return !this.isFull
  }

  /** Counts relations that filters go through. False when there are more than one request may have. */
  countSteps(relations: number): boolean {
    this.steps += relations
    return !this.isFull
  }

  /** Counts a place in JSON that an answer has. False when there are more than one request may ask for. */
  countPlace(): boolean {
    this.places += 1
    return this.places <= maxPlaces
  }

  /** Whether there are more filters than one request may have. */
  get isFull(): boolean {
    return this.filters > maxFilters || this.steps > maxSteps
  }

  /** Throws a 422 with all issues, unknown parameters included. */
  finish(): void {
    for (const name of this.params.keys())
      if (!this.used.has(name)) this.issue(name, "is not a parameter of this route", "unknown_parameter")
    if (this.issues.length) throw invalid("The query string is not valid", this.issues)
  }

  /** A number for the name of a bound value, unique within the statement. */
  nextBound(): number {
    return this.bound++
  }

  use(name: string): void {
    this.used.add(name)
  }

  isUsed(name: string): boolean {
    return this.used.has(name)
  }

  single(name: string): string | undefined {
    const values = this.params.get(name)
    if (!values) return undefined
    this.used.add(name)
    if (values.length > 1) this.issue(name, "must be given once", "repeated")
    return values[0]
  }

  choice(name: string, allowed: string[]): string | undefined {
    const value = this.single(name)
    if (value !== undefined && !allowed.includes(value))
      this.issue(name, `must be ${allowed.join(" or ")}`, "invalid_value")
    return value
  }

  integer(name: string, min: number, max: number): number | undefined {
    const text = this.single(name)
    if (text === undefined) return undefined
    const value = /^\d{1,17}$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    this.issue(name, `must be a whole number from ${min} to ${max}`, "out_of_range")
    return undefined
  }

  /** The field of that name, if this viewer may see it in any row. */
  field(resource: Resource, name: string): Field | undefined {
    const field = Object.hasOwn(resource.fields, name) ? resource.fields[name] : undefined
    return field && isOpen(field.read, this.viewer) ? field : undefined
  }
}
