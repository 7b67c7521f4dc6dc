import { requireJsonAccepted } from "../http/accept.ts"
import { readJson } from "../http/body.ts"
import type { AppContext } from "../http/context.ts"
import { jsonTypes } from "../http/media-types.ts"
import { reply } from "../http/reply.ts"
import { requireOpen } from "../operations/access.ts"
import type { Call } from "../operations/call.ts"
import { keyOf } from "../operations/create.ts"
import type { Outcome } from "../operations/recording.ts"
import { allShaped, type Shape, shapeOf } from "../operations/shaped.ts"
import { type UpsertedRow, upsert } from "../operations/upsert.ts"
import { validatorOf } from "../operations/validator.ts"
import { type FieldIssue, invalid } from "../problem.ts"
import type { RowKey } from "../resource/key.ts"
import type { Nested, Resource } from "../resource/resource.ts"
import { upsertKeys } from "../resource/upsert.ts"
import { onceIn } from "./idempotency.ts"
import { requireMany } from "./many.ts"
import { rowPath } from "./path-key.ts"
import { refusePreconditions } from "./precondition.ts"
import { preferencesOf } from "./prefer.ts"
import { verbatimOf } from "./verbatim.ts"

/** The member by which `fields` asks whether a row was created. */
export const createdName = "_created"

/** What a query string asks of an upsert. */
interface AskedUpsert {
  target: readonly string[]
  /** Whether rows that exist stay as they are; undefined where the parameters do not say. */
  ignore: boolean | undefined
  /** Whether rows say that they were created, and whether they say nothing else. */
  marks: boolean
  onlyMarks: boolean
  /** The query string without all this. */
  search: string
}

/** Whether a query string asks for an upsert, and rows of the resource can be told apart. */
export const isUpsert = ({ options }: Resource, search: string): boolean =>
  options.upsert !== undefined && new URLSearchParams(search).has("on_conflict")

/** Reads the parameters of an upsert. Throws a 422 that names every wrong one. */
function askedUpsert(resource: Resource, search: string): AskedUpsert {
  const kept: string[] = []
  const issues: FieldIssue[] = []
  const given: Record<string, string> = {}
  let marks = false
  let onlyMarks = false
  for (const part of search.slice(1).split("&")) {
    const [name = "", value = ""] = [...new URLSearchParams(part)][0] ?? []
    if (name === "on_conflict" || name === "resolution") {
      if (given[name] !== undefined)
        issues.push({ path: name, message: "may be given only once", code: "repeated" })
      given[name] = value
    } else if (name === "fields" && !Object.hasOwn(resource.fields, createdName)) {
      const names = value.split(",")
      const others = names.filter((one) => one !== createdName)
      marks ||= others.length < names.length
      onlyMarks = others.length === 0
      if (others.length)
        kept.push(others.length < names.length ? `fields=${encodeURIComponent(others.join())}` : part)
    } else kept.push(part)
  }
  const keys = upsertKeys(resource)
  const texts = keys.map((key) => key.join())
  const asked = (given.on_conflict ?? "").split(",")
  const target = keys.find((key) => key.length === asked.length && key.every((name) => asked.includes(name)))
  const choice = (path: string, values: readonly string[]) =>
    issues.push({ path, message: `must be one of: ${values.join("; ")}`, code: "invalid_value" })
  if (!target) choice("on_conflict", texts)
  const { resolution } = given
  if (resolution !== undefined && !resolutions.includes(resolution)) choice("resolution", resolutions)
  if (issues.length || !target) throw invalid("The query string is not valid", issues)
  const ignore = resolution === undefined ? undefined : resolution === "ignore"
  return { target, ignore, marks, onlyMarks, search: kept.length ? `?${kept.join("&")}` : "" }
}

/** What becomes of rows that exist, by the parameter. */
export const resolutions: readonly string[] = ["merge", "ignore"]

/** What an upsert left. */
export interface Upserted {
  rows: UpsertedRow[]
  many: boolean
}

/** An upsert as its query string asks for it. Throws a 422 that names every wrong parameter. `isStep`: as `shapeOf` has it. */
export function upsertOf(call: Call, resource: Resource, search: string, isStep?: boolean) {
  const asked = askedUpsert(resource, search)
  const shaped = shapeOf(call, resource, asked.search, isStep)
  return {
    /** Whether rows that exist stay as they are; undefined where the parameters do not say. */
    ignore: asked.ignore,
    write: (input: unknown, nested: Nested | undefined, ignore = false): Promise<Upserted> =>
      upsert(call, resource, input, { target: asked.target, ignore: asked.ignore ?? ignore, nested }),
    async answer({ rows, many }: Upserted) {
      const [first] = rows
      return {
        status: rows.every(({ created }) => created) ? 201 : 200,
        location: many ? `/${resource.name}` : pathOf(resource, first?.key),
        etag: many || !first ? undefined : await validatorOf(first.body, call.viewer),
        async body(): Promise<string> {
          const bodies = await allShaped(call, rows, (row) => bodyOf(row, asked, shaped))
          return many ? `[${bodies.join(",")}]` : (bodies[0] ?? "")
        },
      }
    },
  }
}

/** The path of a row, where it has a key. */
const pathOf = (resource: Resource, key: RowKey | undefined): string | undefined =>
  key === undefined ? undefined : rowPath(resource, key)

/** `POST /resource?on_conflict=…`: creates one row or many, or merges them into those that exist. */
export async function upsertRows(
  c: AppContext,
  call: Call,
  resource: Resource,
  { nested, search, onlyMany }: { nested: Nested | undefined; search: string; onlyMany: boolean },
): Promise<Response> {
  // Several statements read the rules of one viewer, which must hold for all of them.
  await call.recalled?.confirm()
  requireJsonAccepted(c)
  requireOpen(call, resource.rules.create)
  refusePreconditions((name) => c.req.header(name))
  const { ignore, write, answer } = upsertOf(call, resource, search)
  const { isMinimal, resolution, applied } = preferencesOf(
    c,
    ignore === undefined ? "upsert" : "resolved upsert",
  )
  const input = await readJson(c, jsonTypes, verbatimOf(resource))
  if (onlyMany) requireMany(input)
  const { value, replayed } = await onceIn(
    c,
    call,
    () => write(input, nested, resolution === "ignore-duplicates"),
    (outcomes) => ({ rows: outcomes.map((one) => rowOf(resource, one)), many: Array.isArray(input) }),
  )
  const { status, location, etag, body } = await answer(value)
  const headers = {
    ...applied,
    ...replayed,
    ...(location === undefined ? {} : { location: c.get("basePath") + location }),
    ...(etag === undefined ? {} : { etag }),
  }
  if (isMinimal) return reply(c, status === 200 ? 204 : 201, null, headers)
  return reply(c, status === 200 ? 200 : 201, await body(), headers)
}

/** A row of a write that was carried out before. */
export const rowOf = (resource: Resource, { verb, body, key }: Outcome): UpsertedRow => ({
  body,
  key: keyOf(resource, key),
  created: verb === "insert",
})

/** A row's JSON in the shape that was asked for. */
async function bodyOf(
  { key, body, created }: UpsertedRow,
  { marks, onlyMarks }: AskedUpsert,
  shaped: Shape,
): Promise<string> {
  const row = onlyMarks ? "{}" : await shaped(key, body)
  if (!marks) return row
  const members = row.slice(row.indexOf("{") + 1, row.lastIndexOf("}")).trim()
  return `{${members}${members && ","}"${createdName}":${created}}`
}
