import { type CollectionOptions, documentIdSpec, isSystemMember } from "../db/dialect/collections.ts"
import { documentText, readDocument } from "../lib/json-document.ts"
import { JsonText } from "../lib/json-text.ts"
import { LaterValue } from "../lib/later-value.ts"
import { issuesOf } from "../lib/zod-issues.ts"
import { versionName } from "../resource/names.ts"
import type { Resource } from "../resource/resource.ts"
import { inputSchema } from "../resource/schemas.ts"
import { isReferenceOf, referencesOf } from "./references.ts"
import { type DocumentIssue, type DocumentValidator, validatorOf } from "./validator.ts"

/** Most bytes of a document, where no setting says otherwise. */
export const defaultDocumentBytes = 262_144

/** Where a document comes from, and what it may be. */
export interface DocumentRules {
  /** Most bytes of its own members. */
  maxBytes: number
  /** The key that its path has: it may name no other. Null where the database alone knows it. */
  id?: string | null | undefined
  /** Whether it may have what an export has besides: its owner and times. */
  exported?: boolean
  /** References that its path gives. */
  within?: readonly string[]
}

/** A document that was sent, or a merge patch of one. */
export interface SentDocument {
  /** Its own members, by the text of their values. */
  members: Map<string, string>
  /** Those that the engine sets, or an export holds. */
  system: Record<string, unknown>
  /** Keys of other rows, by the members that are references. */
  references: Record<string, unknown>
  issues: DocumentIssue[]
}

/** Takes a document apart. `input` is one that was sent, as `JsonText`, or a value of a program. */
export function sentDocument(
  resource: Resource,
  input: unknown,
  { maxBytes, id, exported = false }: DocumentRules,
): SentDocument {
  const document = readDocument(JsonText.of(input) ?? "null")
  if (!document)
    return {
      members: new Map(),
      system: {},
      references: {},
      issues: [{ path: [], message: "must be an object", code: "invalid_type" }],
    }
  const { members } = document
  const given = input instanceof JsonText ? input.given : undefined
  const issues: DocumentIssue[] = document.issues.map((issue) => ({ ...issue, path: issue.path.map(String) }))
  let { bytes } = document
  const system: Record<string, unknown> = {}
  const references: Record<string, unknown> = {}
  for (const [name, text] of members) {
    const isReference = isReferenceOf(resource, name)
    if (name === versionName && !exported) {
      issues.push(setByServer(name))
      continue
    }
    if (!isSystemMember(name) && !isReference) continue
    members.delete(name)
    bytes -= Buffer.byteLength(`${JSON.stringify(name)}:${text},`)
    const value: unknown = (isReference && given?.[name]) || JSON.parse(text)
    if (isReference) references[name] = value
    else if (name === "_id" ? id !== undefined && value !== id : !exported)
      issues.push(
        name === "_id"
          ? { path: [name], message: "is another than the path's", code: "conflict" }
          : setByServer(name),
      )
    else system[name] = value
  }
  if (bytes > maxBytes)
    issues.push({ path: [], message: `is larger than ${maxBytes} bytes`, code: "out_of_range" })
  issues.push(
    ...wrongColumns(resource, system),
    ...wrongColumns(resource, references),
    ...(typeof id === "string" ? wrongId(id) : []),
  )
  return { members, system, references, issues }
}

/** What is wrong with the members that are columns of their own. */
function wrongColumns({ fields }: Resource, columns: Record<string, unknown>): DocumentIssue[] {
  return Object.entries(columns).flatMap(([name, value]) => {
    if (name === "_id") return wrongId(value)
    const field = fields[name]
    if (value instanceof LaterValue) return []
    if (!field) return [setByServer(name)]
    const result = inputSchema(field).safeParse(value)
    if (result.success) columns[name] = result.data
    return result.success
      ? []
      : [{ ...(issuesOf(result.error)[0] as { message: string; code: string }), path: [name] }]
  })
}

const setByServer = (name: string): DocumentIssue => ({
  path: [name],
  message: "is set by the server: leave it out",
  code: "unknown_field",
})

const idPattern = new RegExp(documentIdSpec.pattern as string)
const idWords = "must be 1 to 100 of A-Z a-z 0-9 _ - . ~, and not batch, me, . or .."

const wrongId = (value: unknown): DocumentIssue[] =>
  typeof value === "string" && idPattern.test(value)
    ? []
    : [{ path: ["_id"], message: idWords, code: "invalid_format" }]

const validators = new WeakMap<CollectionOptions, DocumentValidator>()

/** What checks a collection's documents by its schema; undefined where it has none. */
export function validatorFor({ collection }: Resource): DocumentValidator | undefined {
  if (collection?.schema === undefined) return undefined
  let validator = validators.get(collection)
  if (!validator) {
    validator = validatorOf(collection.schema)
    validators.set(collection, validator)
  }
  return validator
}

/** The text of a document's own members, as it is stored. */
export const storedText = ({ members }: Pick<SentDocument, "members">): JsonText =>
  JsonText.checked(documentText(members))

/**
 * A whole document as a row of its table, by the names of fields, with what is wrong with it: by its own form, or else
 * by the collection's schema.
 */
export function documentRow(
  resource: Resource,
  input: unknown,
  rules: DocumentRules,
): { row: Record<string, unknown>; issues: DocumentIssue[] } {
  const sent = sentDocument(resource, input, rules)
  const data = storedText(sent)
  const isObject = !sent.issues.some(({ path, code }) => path.length === 0 && code === "invalid_type")
  const missing = isObject ? missingReferences(resource, sent.references, rules.within) : []
  const own = [...sent.issues, ...missing]
  const issues = own.length ? own : (validatorFor(resource)?.(JSON.parse(data.text)) ?? [])
  const id = typeof rules.id === "string" ? { _id: rules.id } : {}
  return { row: { ...sent.system, ...id, ...sent.references, [resource.document as string]: data }, issues }
}

/** The references that each document must have and this one has not. */
const missingReferences = (
  resource: Resource,
  references: Record<string, unknown>,
  within: readonly string[] = [],
): DocumentIssue[] =>
  referencesOf(resource)
    .filter((name) => !resource.fields[name]?.nullable && !within.includes(name))
    .filter((name) => !Object.hasOwn(references, name))
    .map((name) => ({ path: [name], message: "is required", code: "required" }))
