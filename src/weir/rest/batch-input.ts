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
  body: SentBody | null | undefined
  /** By their names in lower case. */
  headers: Record<string, string>
}

/** The body of an operation. */
export interface SentBody {
  /** As `JSON.parse` has read it. */
  value: unknown
  /** As it was sent, without needless whitespace. */
  text(): string
}

const members = ["id", "method", "path", "body", "headers"]

/** The operations of a batch's body, which take these `headers`. Throws a 422 that names all that is wrong with their form. */
export function operationsOf(text: string, headers: ReadonlySet<string>): SentOperation[] {
  const whole: unknown = parsed(text)
  const list = isObject(whole) ? whole.operations : undefined
  const odd = isObject(whole) ? Object.keys(whole).filter((name) => name !== "operations") : []
  const issues: FieldIssue[] = odd.map((path) => ({ path, message: "is not known", code: "unknown_field" }))
  if (!Array.isArray(list) || list.length === 0 || list.length > maxOperations)
    issues.push({
      path: "operations",
      message: `must be an array of 1 to ${maxOperations} operations`,
      code: "invalid_value",
    })
  else {
    // The names of operations without an id are their places.
    const taken = new Map<string, number>()
    for (const [i, one] of list.entries()) if (!isObject(one) || one.id === undefined) taken.set(String(i), i)
    const form = { list, taken, issues, known: headers, textsOf: bodyTexts(text) }
    const sent = list.map((one: unknown, i) => operationOf(one, i, form))
    if (issues.length === 0) return sent
  }
  throw invalid("The body is not valid", issues.slice(0, 100))
}

/** The texts of the bodies of operations, read when one is asked for first: most resources take values. */
function bodyTexts(text: string): () => string[] {
  let texts: string[] | undefined
  return () => {
    if (!texts) {
      const { operations } = keepText(JSON.parse(text), text, new Set(["operations"])) as {
        operations: JsonText
      }
      const list: { body?: unknown }[] = JSON.parse(operations.text)
      texts = keepText(list, operations.text, new Set(["body"])).map(({ body }) => JsonText.of(body))
    }
    return texts
  }
}

interface Form {
  list: unknown[]
  /** The places of operations by their names. */
  taken: Map<string, number>
  issues: FieldIssue[]
  /** The headers that operations take, in lower case. */
  known: ReadonlySet<string>
  textsOf(): string[]
}

const noHeaders: Record<string, string> = {}

function operationOf(one: unknown, i: number, { list, taken, issues, known, textsOf }: Form): SentOperation {
  const at = (name?: string) => ["operations", i, name].filter((part) => part !== undefined).join(".")
  const wrong = (name: string | undefined, message: string, code: string): void => {
    issues.push({ path: at(name), message, code })
  }
  const operation = isObject(one) ? one : {}
  if (!isObject(one)) wrong(undefined, "must be an object", "invalid_type")
  for (const name of Object.keys(operation))
    if (!members.includes(name)) wrong(name, "is not known", "unknown_field")
  const { id, method, path, body: value, headers = noHeaders } = operation
  if (id !== undefined && (typeof id !== "string" || !namePattern.test(id)))
    wrong("id", "must be 1 to 64 letters, digits, _ or -", "invalid_format")
  const name = typeof id === "string" ? id : String(i)
  const other = taken.get(name)
  if (other !== undefined && other !== i) {
    const isPlace = !isObject(list[other]) || list[other].id === undefined
    wrong(
      "id",
      isPlace ? `is the name of operation ${other}, which has no id` : "is that of another operation",
      "repeated",
    )
  } else taken.set(name, i)
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
    body: value === undefined || value === null ? value : { value, text: () => textsOf()[i] as string },
    headers: headers === noHeaders || !isText ? noHeaders : inLowerCase(headers as Record<string, string>),
  }
}

const inLowerCase = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const why = text.trim() === "" ? "is empty" : `is not JSON: ${(error as Error).message.slice(0, 120)}`
    throw invalid(`The body ${why}`, [{ path: "body", message: why, code: "malformed_json" }])
  }
}

/** A body as an operation takes it: with the text of JSON columns, or of documents whole. */
export function bodyValue(body: SentBody, verbatim: ReadonlySet<string> | "whole"): unknown {
  if (verbatim !== "whole" && !verbatim.size) return body.value
  const text = body.text()
  const value: unknown = JSON.parse(text)
  return verbatim === "whole" ? wholeText(value, text) : keepText(value, text, verbatim)
}
