import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js"
import addFormats from "ajv-formats"
import type { Answer, Witness } from "./client.ts"

/** The parts of an OpenAPI 3.1 document that tests look at. */
export interface OpenApi {
  openapi: string
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, unknown>; securitySchemes: Record<string, unknown> }
}

export interface Operation {
  operationId?: string
  summary?: string
  description?: string
  tags?: string[]
  security?: Record<string, string[]>[]
  parameters?: Parameter[]
  requestBody?: { required?: boolean; content: Record<string, MediaType> }
  responses: Record<string, { description: string; content?: Record<string, MediaType> }>
}

export interface Parameter {
  name: string
  in: string
  required?: boolean
  example?: unknown
  description?: string
  schema: { type?: string | string[]; enum?: unknown[]; format?: string }
}

export interface MediaType {
  schema: unknown
  example?: unknown
}

const parts = /^#\/components\/(parameters|headers|responses)\/(.+)$/

/**
 * A document with the parameters, headers and answers in each operation that it refers to, as its tests look at them.
 * References to schemas stay.
 */
export function parsed(document: string): OpenApi {
  const whole = JSON.parse(document) as OpenApi & { components: Record<string, Record<string, unknown>> }
  const { components } = whole
  const resolved = (node: unknown): unknown => {
    if (typeof node !== "object" || node === null) return node
    if (Array.isArray(node)) return node.map(resolved)
    const [, kind, name] = parts.exec((node as { $ref?: string }).$ref ?? "") ?? []
    if (kind !== undefined && name !== undefined) {
      const part = components[kind]?.[name]
      if (!part) throw new Error(`the document refers to ${kind}/${name}, which it does not hold`)
      return resolved(part)
    }
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, resolved(value)]))
  }
  return { ...whole, paths: resolved(whole.paths) as OpenApi["paths"] }
}

/** Ajv over a document, whose schemas are then compiled by their place in it. */
export function validatorOf(document: string): (...place: string[]) => ValidateFunction {
  const ajv = new Ajv2020({ strict: false, allErrors: true, logger: false })
  addFormats.default(ajv)
  ajv.addSchema(parsed(document), "doc")
  const compiled = new Map<string, ValidateFunction>()
  return (...place) => {
    const pointer = place
      .map((step) => encodeURIComponent(step.replaceAll("~", "~0").replaceAll("/", "~1")))
      .join("/")
    const known = compiled.get(pointer) ?? ajv.compile({ $ref: `doc#/${pointer}` })
    compiled.set(pointer, known)
    return known
  }
}

/** The document, the pages and their icon are the only paths that the document does not describe. */
const undocumented = new Set(["/", "/docs", "/docs/init.js", "/openapi.json", "/favicon.ico"])

const witnesses = new Map<string, Witness>()

/**
 * Holds each answer against the document: its status, its content type and its body must be those of the
 * operation; a path and method that are no operation answer 404 or 405. Node only: Ajv makes functions.
 */
export function conformance(document: string): Witness {
  // Compiling takes its time, and all apps of a suite serve the same document.
  const known = witnesses.get(document)
  if (known) return known
  const { paths } = parsed(document)
  const validator = validatorOf(document)
  const find = operationFinder(paths)
  const witness: Witness = (method, path, answer) => {
    const fail = (why: string): never => {
      throw new Error(`${method} ${path}: ${why}\n${answer.status} ${answer.text.slice(0, 1000)}`)
    }
    const { pathname } = new URL(path, "http://localhost")
    const plain = pathname.length > 1 ? pathname.replace(/\/$/, "") : pathname
    const verb = (method === "HEAD" ? "get" : method).toLowerCase()
    const found = find(verb, plain)
    // An array is answered as by the path for creates of many: the document says so in words.
    const many = `${found}/batch`
    const template = verb === "post" && Array.isArray(answer.body) && paths[many]?.post ? many : found
    checkProblem(answer, fail)
    if (template === undefined) {
      if (undocumented.has(plain) && verb === "get") return
      if (answer.status !== 404 && answer.status !== 405) fail("answers, but is in no operation")
      if (method !== "HEAD") check(validator("components", "schemas", "Problem"), answer.body, fail)
      return
    }
    const response = paths[template]?.[verb]?.responses[answer.status]
    if (!response) return fail(`the status ${answer.status} is not documented`)
    const type = (answer.headers.get("content-type") ?? "").split(";")[0]?.trim() ?? ""
    if (!response.content) {
      if (answer.text !== "" || type !== "") fail("has a body, and none is documented")
      return
    }
    if (!response.content[type]) fail(`the content type "${type}" is not documented`)
    if (method === "HEAD") {
      if (answer.text !== "") fail("HEAD has a body")
      return
    }
    const status = String(answer.status)
    check(
      validator("paths", template, verb, "responses", status, "content", type, "schema"),
      answer.body,
      fail,
    )
  }
  witnesses.set(document, witness)
  return witness
}

function check(validate: ValidateFunction, body: unknown, fail: (why: string) => never): void {
  if (!validate(body)) fail(`is not as documented: ${JSON.stringify(validate.errors?.slice(0, 5))}`)
}

/** What a schema cannot say of a problem: that it tells the same as the head of its answer. */
function checkProblem({ status, headers, body, text }: Answer, fail: (why: string) => never): void {
  if (status < 400 || text === "") return
  const problem = body as { status?: unknown; request_id?: unknown } | undefined
  if (problem?.status !== status && headers.get("content-type") === "application/problem+json")
    fail("the problem's status is another than the answer's")
  if (problem?.request_id !== undefined && problem.request_id !== headers.get("x-request-id"))
    fail("the problem's request_id is another than the answer's")
  if (status === 401 && !headers.get("www-authenticate")) fail("a 401 without WWW-Authenticate")
  if (status === 405 && !headers.get("allow")) fail("a 405 without Allow")
  if (status === 503 && !headers.get("retry-after")) fail("a 503 without Retry-After")
}

/** The path template that a request is for: static paths come before templated ones. */
function operationFinder(paths: OpenApi["paths"]): (verb: string, path: string) => string | undefined {
  const templates = Object.keys(paths)
    .map((template) => ({
      template,
      pattern: new RegExp(`^${template.replace(/[.]/g, "\\.").replace(/\{\w+\}(,\{\w+\})*/g, "[^/]+")}$`),
    }))
    .sort((a, b) => Number(a.template.includes("{")) - Number(b.template.includes("{")))
  return (verb, path) => templates.find((t) => paths[t.template]?.[verb] && t.pattern.test(path))?.template
}
