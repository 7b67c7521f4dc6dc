import { parseWithLong } from "../lib/long-integer.ts"
import { laterMember } from "../operations/recording.ts"
import { type FieldIssue, invalid } from "../problem.ts"
import { isAssignable } from "../resource/assignable.ts"
import type { Field, Resource } from "../resource/resource.ts"
import { isOpenToAll } from "../resource/rules.ts"
import type { ViewerKind } from "../resource/viewer.ts"

/** What an operation leaves that later ones may name. */
export interface Source {
  /** Where the operation stands in the batch. */
  step: number
  /** Whose rows it writes: absent for reads, and for what leaves no row. */
  resource?: Resource | undefined
  /** How many rows it writes, where it writes an array of them. */
  rows?: number | undefined
  /** Whether its rows are new, and not perhaps ones that were there. */
  makes?: boolean
  /** The JSON of a read that has been made already. */
  body?: string
}

/** A name of an operation: what stands before the first dot of a reference. */
export const namePattern = /^[A-Za-z0-9_-]{1,64}$/
const inPath = /\{(?:"\$ref"\s*:\s*"([^"{}]+)"|([^"{}]+))\}/g

/** The reference that a value of JSON is, such as `{"$ref": "newUser.id"}`; undefined for others. */
export function referenceIn(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || !("$ref" in value)) return undefined
  const [entry, ...others] = Object.entries(value)
  return entry?.[0] === "$ref" && others.length === 0 && typeof entry[1] === "string" ? entry[1] : undefined
}

/** The references that stand in a path, such as `/users/{newUser.id}`. */
export const referencesInPath = (path: string): string[] =>
  path.includes("{") ? [...path.matchAll(inPath)].map(([, long, short]) => (long ?? short) as string) : []

/** The reference that a whole segment of a path is. */
export const referenceSegment = (segment: string): string | undefined => {
  const [whole, long, short] = new RegExp(inPath.source).exec(segment) ?? []
  return whole === segment && segment !== "" ? (long ?? short) : undefined
}

/** The name of the operation that a reference is about. */
export const nameIn = (reference: string): string => reference.split(".")[0] as string

/** What the value of a reference fills. */
export interface Filled {
  /** Its place in the operation. */
  at: string
  /** The type of what it is compared with, as a part of a path. */
  type?: string | undefined
  /** The field that it is written to, as a member of a body. */
  field?: { of: Resource; name: string }
}

/** Makes the values of references. `record` is the id of the record of a step's nth row. */
export class References {
  private readonly sources: ReadonlyMap<string, Source>
  private readonly record: (step: number, row: number) => string
  private readonly kind: ViewerKind
  private readonly later = new Map<string, ReturnType<typeof laterMember>>()

  constructor(
    sources: ReadonlyMap<string, Source>,
    record: (step: number, row: number) => string,
    kind: ViewerKind,
  ) {
    this.sources = sources
    this.record = record
    this.kind = kind
  }

  /**
   * The value of a reference that stands in operation `step`: of a read that has been made, what it found; of a row that the
   * batch writes, SQL that reads it. Throws a 422 where it names nothing, or what may be no value of the field that it fills:
   * a value that nobody has seen passes no other check.
   */
  value(reference: string, step: number, { at, type, field: filled }: Filled): unknown {
    const [name, ...path] = reference.split(".")
    const source = this.sources.get(name as string)
    const refuse = (why: string): never => {
      const issue: FieldIssue = {
        path: at,
        message: `${reference.slice(0, 100)} ${why}`,
        code: "unknown_reference",
      }
      throw invalid("The operation is not valid", [issue])
    }
    if (!source || source.step >= step) return refuse("names no operation before this one")
    if (source.body !== undefined) {
      const value = found(parseWithLong(source.body), path)
      return value === undefined ? refuse("names nothing that was read") : value
    }
    const { resource, rows, makes = false } = source
    const many = rows !== undefined
    if (!resource) return refuse("names an operation that leaves no row before the batch is done")
    const row = many ? path.shift() : "0"
    const [member = "", ...deeper] = path
    const field = Object.hasOwn(resource.fields, member) ? resource.fields[member] : undefined
    if (!/^\d{1,4}$/.test(row ?? "") || !field || deeper.length)
      return refuse(
        `must name a member of ${many ? "one row of the array, as in name.0.id" : "its row, as in name.id"}`,
      )
    if (many && Number(row) >= rows) return refuse(`names row ${row} of ${rows}, from 0 on`)
    const isKey = resource.keys.includes(member)
    if (!isKey && !isOpenToAll(field.read, this.kind))
      return refuse("names a member that is not yours to read")
    if (type !== undefined && plainType(type) !== plainType(field.spec.type))
      return refuse(`is of another type than ${type}`)
    if (filled && isSecret(filled.of, filled.name)) return refuse("cannot be a secret")
    if (filled && !isTaken(filled, resource, field))
      return refuse(`may hold what ${filled.name} does not take`)
    if (resource.keys.length === 0) return refuse("names a row without a key")
    // One value for each member, so that a body may repeat the key of its path.
    const record = this.record(source.step, Number(row))
    const named = `${record} ${member}`
    const value = this.later.get(named) ?? laterMember(resource, member, record, makes)
    this.later.set(named, value)
    return value
  }
}

/** Whether a member of a body is a secret, or the present one. */
const isSecret = ({ fields }: Resource, name: string): boolean =>
  Object.values(fields).some(({ secret }) => secret && (secret.as === name || secret.confirm === name))

/** Whether a field takes whatever a field of a written row holds: above all, what it refers to. */
function isTaken({ of, name }: NonNullable<Filled["field"]>, resource: Resource, field: Field): boolean {
  const to = Object.hasOwn(of.fields, name) ? of.fields[name] : undefined
  // What is no field is refused with the rest of the body.
  if (!to) return true
  const reference = of.refersTo.get(name)
  const refersTo = reference?.foreign[reference.columns.indexOf(name)]
  return (reference?.target === resource && refersTo === field.name) || isAssignable(to, field)
}

const plainType = (type: string): string => (type === "id" ? "integer" : type)

/** What lies in a JSON value at a path; undefined where there is nothing. */
function found(value: unknown, path: string[]): unknown {
  let here = value
  for (const part of path) {
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, part)) return undefined
    here = (here as Record<string, unknown>)[part]
  }
  return here
}
