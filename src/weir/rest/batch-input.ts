import { JsonText, keepText, wholeText } from "../lib/json-text.ts"
import { type FieldIssue, invalid } from "../problem.ts"
import { namePattern } from "./batch-references.ts"

/** Most operations of a batch. */
export const maxOperations = 100

export const batchMethods = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const

/** One operation of a batch, as it was sent. */
export interface SentOperation {
  /** Its own name, or its place in the array. */
  name: string
  method: (typeof batchMethods)[number]
  path: string
  /** The text of its body. */
  body: JsonText | null | undefined
  /** By their names in lower case. */
  headers: Record<string, string>
}

const members = ["id", "method", "path", "body", "headers"]

/** The operations of a batch's body, which take these `headers`. Throws a 422 that names all that is wrong with their form. */
export function operationsOf(text: string, headers: ReadonlySet<string>): SentOperation[] {
  const whole: unknown = parsed(text)
  const named = isObject(whole) ? keepText(whole, text, new Set(["operations"])) : {}
  const list = (named as { operations?: unknown }).operations
  const array: unknown = list instanceof JsonText ? JSON.parse(list.text) : undefined
  const odd = isObject(whole) ? Object.keys(whole).filter((name) => name !== "operations") : []
  const issues: FieldIssue[] = odd.map((path) => ({ path, message: "is not known", code: "unknown_field" }))
  if (
    !(list instanceof JsonText) ||
    !Array.isArray(array) ||
    array.length === 0 ||
    array.length > maxOperations
  )
    issues.push({
      path: "operations",
      message: `must be an array of 1 to ${maxOperations} operations`,
      code: "invalid_value",
    })
  else {
    const operations: unknown[] = keepText(array, list.text, new Set(["body"]))
    const taken = new Set<string>()
    const sent = operations.map((one, i) => operationOf(one, i, { taken, issues, known: headers }))
    if (issues.length === 0) return sent
  }
  throw invalid("The body is not valid", issues.slice(0, 100))
}

interface Form {
  taken: Set<string>
  issues: FieldIssue[]
  /** The headers that operations take, in lower case. */
  known: ReadonlySet<string>
}

function operationOf(one: unknown, i: number, { taken, issues, known }: Form): SentOperation {
  const at = (name?: string) => ["operations", i, name].filter((part) => part !== undefined).join(".")
  const wrong = (name: string | undefined, message: string, code: string): void => {
    issues.push({ path: at(name), message, code })
  }
  const operation = isObject(one) ? one : {}
  if (!isObject(one)) wrong(undefined, "must be an object", "invalid_type")
  for (const name of Object.keys(operation))
    if (!members.includes(name)) wrong(name, "is not known", "unknown_field")
  const { id, method, path, body, headers = {} } = operation
  if (id !== undefined && (typeof id !== "string" || !namePattern.test(id)))
    wrong("id", "must be 1 to 64 letters, digits, _ or -", "invalid_format")
  const name = typeof id === "string" ? id : String(i)
  if (taken.has(name)) wrong("id", "is that of another operation", "repeated")
  taken.add(name)
  if (!batchMethods.some((one) => one === method))
    wrong("method", `must be one of ${batchMethods.join(", ")}`, "invalid_value")
  if (typeof path !== "string" || !path.startsWith("/"))
    wrong("path", "must be text that begins with /", "invalid_format")
  const isText = isObject(headers) && Object.values(headers).every((value) => typeof value === "string")
  if (!isText) wrong("headers", "must be an object of texts", "invalid_type")
  for (const header of isText ? Object.keys(headers as object) : [])
    if (!known.has(header.toLowerCase()))
      wrong(`headers.${header}`, "is no header of an operation", "unknown_field")
  return {
    name,
    method: method as SentOperation["method"],
    path: String(path),
    body: body as SentOperation["body"],
    headers: Object.fromEntries(
      Object.entries(isText ? (headers as object) : {}).map(([header, value]) => [
        header.toLowerCase(),
        String(value),
      ]),
    ),
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof JsonText)

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const why = text.trim() === "" ? "is empty" : `is not JSON: ${(error as Error).message.slice(0, 120)}`
    throw invalid(`The body ${why}`, [{ path: "body", message: why, code: "malformed_json" }])
  }
}

/** A body as an operation takes it: with the text of JSON columns, or of documents whole. */
export function bodyValue(body: JsonText, verbatim: ReadonlySet<string> | "whole"): unknown {
  const value: unknown = JSON.parse(body.text)
  if (verbatim === "whole") return wholeText(value, body.text)
  return verbatim.size ? keepText(value, body.text, verbatim) : value
}
