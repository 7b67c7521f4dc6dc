import { laterMember } from "../operations/recording.ts"
import { type FieldIssue, invalid } from "../problem.ts"
import type { Resource } from "../resource/resource.ts"
import { isOpenToAll } from "../resource/rules.ts"
import type { ViewerKind } from "../resource/viewer.ts"

/** What an operation leaves that later ones may name. */
export interface Source {
  /** Where the operation stands in the batch. */
  step: number
  /** Whose rows it writes: absent for reads, and for what leaves no row. */
  resource?: Resource | undefined
  /** Whether it writes an array of rows. */
  many?: boolean
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

/** Makes the values of references. `record` is the id of the record of a step's nth row. */
export class References {
  private readonly sources: ReadonlyMap<string, Source>
  private readonly record: (step: number, row: number) => string
  private readonly kind: ViewerKind

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
   * batch writes, SQL that reads it. `to` is the type of the field that it fills. Throws a 422 where it names nothing.
   */
  value(reference: string, step: number, place: string, to: string | undefined): unknown {
    const [name, ...path] = reference.split(".")
    const source = this.sources.get(name as string)
    const refuse = (why: string): never => {
      const issue: FieldIssue = {
        path: place,
        message: `${reference.slice(0, 100)} ${why}`,
        code: "unknown_reference",
      }
      throw invalid("The operation is not valid", [issue])
    }
    if (!source || source.step >= step) return refuse("names no operation before this one")
    if (source.body !== undefined)
      return found(JSON.parse(source.body), path) ?? refuse("names nothing that was read")
    const { resource, many = false } = source
    if (!resource) return refuse("names an operation that leaves no row before the batch is done")
    const row = many ? path.shift() : "0"
    const [member = "", ...deeper] = path
    const field = Object.hasOwn(resource.fields, member) ? resource.fields[member] : undefined
    if (!/^\d{1,4}$/.test(row ?? "") || !field || deeper.length)
      return refuse(
        `must name a member of ${many ? "one row of the array, as in name.0.id" : "its row, as in name.id"}`,
      )
    const isKey = resource.keys.includes(member)
    if (!isKey && !isOpenToAll(field.read, this.kind))
      return refuse("names a member that is not yours to read")
    if (to !== undefined && plainType(to) !== plainType(field.spec.type))
      return refuse(`is of another type than ${to}`)
    if (resource.keys.length === 0) return refuse("names a row without a key")
    return laterMember(resource, member, this.record(source.step, Number(row)))
  }
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
