import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { openLibsqlFile } from "../../../src/weir/db/drivers/libsql-file.ts"
import { migrate } from "../../../src/weir/db/migrations/apply.ts"
import { readMigrations } from "../../../src/weir/db/migrations/files.ts"
import { caller } from "../support/client.ts"
import { resources } from "../support/fixture.ts"
import { appOver } from "../support/fresh.ts"
import {
  conformance,
  type MediaType,
  type OpenApi,
  type Operation,
  type Parameter,
  parsed,
  validatorOf,
} from "../support/openapi.ts"

/** The OpenAPI document, by itself and against the app that serves it. */
const database = openLibsqlFile("file::memory:")
const { app } = appOver(database)
const call = caller(app)
let text = ""
let document: OpenApi
beforeAll(async () => {
  const folder = new URL("../fixture/drizzle/sqlite", import.meta.url).pathname
  await migrate(database, readMigrations(folder))
  text = (await call("GET", "/openapi.json")).text
  document = parsed(text)
})
afterAll(() => database.close())

interface Place {
  path: string
  method: string
  operation: Operation
}
const operations = (): Place[] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
/** Checks each operation, and shows all that fail. */
const failing = (holds: (place: Place) => boolean): string[] =>
  operations()
    .filter((place) => !holds(place))
    .map(({ method, path }) => `${method} ${path}`)

/** A schema or one that it refers to, and what they are made of. */
function* schemasIn(node: unknown, seen = new Set<unknown>()): Generator<Record<string, unknown>> {
  if (typeof node !== "object" || node === null || seen.has(node)) return
  seen.add(node)
  const schema = node as Record<string, unknown>
  yield schema
  const name = typeof schema.$ref === "string" ? schema.$ref.split("/").at(-1) : undefined
  if (name) yield* schemasIn(document.components.schemas[name], seen)
  for (const inner of Object.values(schema)) yield* schemasIn(inner, seen)
}
const hasExample = (media: MediaType): boolean =>
  media.example !== undefined || [...schemasIn(media.schema)].some((s) => "example" in s || "examples" in s)

describe("the document", () => {
  test("is OpenAPI 3.1, and says how to sign in", () => {
    expect(document.openapi).toMatch(/^3\.1\.\d+$/)
    const schemes = Object.values(document.components.securitySchemes)
    expect(schemes).toEqual([
      expect.objectContaining({
        type: "oauth2",
        flows: { password: { tokenUrl: "/auth/token", scopes: expect.anything() } },
      }),
    ])
    const names = Object.keys(document.components.securitySchemes)
    const used = operations().flatMap(({ operation }) => (operation.security ?? []).flatMap(Object.keys))
    expect([...new Set(used)]).toEqual(names)
  })

  test("gives each operation an id of its own, a summary, tags and errors", () => {
    const ids = operations().map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
    expect(failing(({ operation }) => /^[a-z]\w+$/i.test(operation.operationId ?? ""))).toEqual([])
    expect(failing(({ operation }) => (operation.summary ?? "").length > 3)).toEqual([])
    expect(failing(({ operation }) => (operation.description ?? "").length > 3)).toEqual([])
    expect(failing(({ operation }) => Array.isArray(operation.security))).toEqual([])
    expect(failing(({ operation }) => (operation.tags ?? []).length > 0)).toEqual([])
    expect(failing(({ operation }) => "500" in operation.responses && "503" in operation.responses)).toEqual(
      [],
    )
    // Whatever can be wrong with a request must be in its document.
    const errors =
      (...statuses: number[]) =>
      (o: Operation) =>
        statuses.every((status) => status in o.responses)
    // The refusals of a form for a token are OAuth2's.
    const isForm = (o: Operation) => o.operationId === "createToken" && errors(400, 413, 415)(o)
    expect(failing(({ operation: o }) => !o.requestBody || isForm(o) || errors(413, 415, 422)(o))).toEqual([])
    const refusable = ({ parameters }: Operation) => parameters?.some((p) => p.in !== "header")
    expect(failing(({ operation: o }) => !refusable(o) || errors(422)(o))).toEqual([])
    expect(failing(({ path, operation: o }) => !path.includes("{id}") || errors(404)(o))).toEqual([])
    expect(failing(({ operation: o }) => !o.security?.length || errors(401)(o))).toEqual([])
    for (const { operation } of operations())
      for (const [status, response] of Object.entries(operation.responses))
        if (Number(status) >= 400 && operation.operationId !== "ready") {
          const [type, ...more] = Object.keys(response.content ?? {})
          expect(type).toBe("application/problem+json")
          expect(more).toEqual(
            operation.operationId === "createToken" && more.length ? ["application/json"] : [],
          )
        }
  })

  test("gives each operation its parameters, each one once and described", () => {
    const inPath = ({ path, operation }: Place) =>
      [...path.matchAll(/\{(\w+)\}/g)].every(([, name]) =>
        operation.parameters?.some((p) => p.name === name && p.in === "path" && p.required),
      )
    expect(failing(inPath)).toEqual([])
    const unique = ({ operation: { parameters = [] } }: Place) =>
      new Set(parameters.map((p) => `${p.in} ${p.name}`)).size === parameters.length
    expect(failing(unique)).toEqual([])
    expect(failing(({ operation: { parameters = [] } }) => parameters.every((p) => p.schema))).toEqual([])
    expect(failing(({ operation: o }) => !o.requestBody || o.requestBody.required === true)).toEqual([])
  })

  test("gives each operation an example, and every example is valid", () => {
    const bodiesOf = (o: Operation): MediaType[] => [
      ...Object.values(o.requestBody?.content ?? {}),
      ...Object.entries(o.responses)
        .filter(([status]) => status.startsWith("2"))
        .flatMap(([, response]) => Object.values(response.content ?? {})),
    ]
    const shown = ({ operation }: Place) => {
      const bodies = bodiesOf(operation)
      // Pages send examples of headers as they are, which no row's ETag is.
      const parameters = operation.parameters?.filter((p) => p.in !== "header") ?? []
      if (!bodies.length && !parameters.length) return true
      const inParameters = parameters.some(
        (p) => p.example !== undefined || [...schemasIn(p.schema)].some((s) => "example" in s),
      )
      return bodies.length ? bodies.some(hasExample) : inParameters === true
    }
    expect(failing(shown)).toEqual([])
    const validator = validatorOf(text)
    const wrong: string[] = []
    for (const [name, schema] of Object.entries(document.components.schemas)) {
      const { example } = schema as { example?: unknown }
      const validate = validator("components", "schemas", name)
      if (example !== undefined && !validate(example))
        wrong.push(`${name}: ${JSON.stringify(validate.errors)}`)
    }
    for (const { path, method, operation } of operations())
      for (const [type, media] of Object.entries(operation.requestBody?.content ?? {})) {
        const validate = validator("paths", path, method, "requestBody", "content", type, "schema")
        const example = exampleOf(media)
        if (example !== undefined && !validate(example))
          wrong.push(`${method} ${path}: ${JSON.stringify(validate.errors)}`)
      }
    expect(wrong).toEqual([])
  }, 60_000)

  test("has patterns that are plain regular expressions", () => {
    // A pattern's flags cannot be said in JSON Schema; written into the pattern, nothing would match.
    const patterns = [...schemasIn(document)].map((s) => s.pattern).filter((p) => typeof p === "string")
    expect(patterns.length).toBeGreaterThan(0)
    expect(patterns.filter((p) => /\/[a-z]*$/.test(p) || p.startsWith("/"))).toEqual([])
  })

  test("refers to nothing that it does not hold, and holds nothing that it does not refer to", () => {
    const { components } = JSON.parse(text) as { components: Record<string, object> }
    const held = Object.entries(components).flatMap(([kind, parts]) =>
      Object.keys(parts).map((name) => `#/components/${kind}/${name}`),
    )
    const refs = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref as string)
    expect(refs.filter((ref) => !held.includes(ref))).toEqual([])
    const unused = held.filter((ref) => !refs.includes(ref) && !ref.includes("/securitySchemes/"))
    expect(unused).toEqual([])
  })
})

describe("the document and the app", () => {
  test("have the same routes", () => {
    const served = app.routes
      .filter((route) => route.method !== "ALL")
      .map(({ method, path }) => ({ method, path: path.replace(/:(\w+)(\{.*?\})?/g, "{$1}") }))
      // Creates of many are served within the paths of rows.
      .map(({ method, path }) => ({
        method,
        path: method === "POST" ? path.replace(/^(\/\w+)\/\{id\}$/, "$1/batch") : path,
      }))
      // The document, the pages, and what browsers ask for beside a page, are not of the API.
      .filter(({ path }) => !["/", "/docs", "/docs/init.js", "/openapi.json", "/favicon.ico"].includes(path))
      // OpenAPI 3.1 has no operation for QUERY, which is as GET.
      .map(({ method, path }) => ({ method: method === "QUERY" ? "GET" : method, path }))
    const undocumented = served.filter(({ method, path }) => !document.paths[path]?.[method.toLowerCase()])
    expect(undocumented).toEqual([])
    // A documented path may be a case of a served one, as /users/me is of /users/{id}.
    const matches = (template: string, path: string) =>
      new RegExp(`^${template.replace(/\{\w+\}/g, "[^/]+")}$`).test(path)
    const unserved = ({ method, path }: Place) =>
      served.some((route) => route.method === method.toUpperCase() && matches(route.path, path))
    expect(failing(unserved)).toEqual([])
  })

  test("have the same resources, and show no column that nobody may read", () => {
    for (const { name } of resources) expect(document.paths).toHaveProperty([`/${name}`, "get"])
    expect(text).not.toContain("hashed_password")
  })

  test("agree on every create's example, and on every parameter of every list and read", async () => {
    const witness = conformance(text)
    const asAdmin = { token: await adminToken() }
    const refused: string[] = []
    const check = async (method: string, path: string, json?: unknown): Promise<void> => {
      const answer = await call(method, path, { ...asAdmin, ...(json === undefined ? {} : { json }) })
      witness(method, path, answer)
      if (answer.status > 201) refused.push(`${method} ${path}: ${answer.status} ${answer.text}`)
    }
    for (const { name } of resources) {
      const media = document.paths[`/${name}`]?.post?.requestBody?.content["application/json"]
      if (media) await check("POST", `/${name}`, exampleOf(media))
    }
    const reads = operations().filter(({ method, path }) => method === "get" && path !== "/ready")
    for (const { path, operation } of reads) {
      const at = path.replace("{id}", "1")
      const { parameters = [] } = operation
      for (const parameter of parameters.filter((p) => p.in === "query")) {
        const { name } = parameter
        const value = fitting(parameter, parameters)
        const relation = /^include\.(\w+)\./.exec(name)?.[1]
        const ofGroups = /^(group|having|tz)$/.test(name) ? "aggregate=count&" : ""
        const before = relation ? `include=${relation}&` : ofGroups
        await check("GET", `${at}?${before}${encodeURIComponent(name)}=${value}`)
      }
    }
    expect(refused).toEqual([])
  }, 60_000)
})

const exampleOf = (media: MediaType): unknown =>
  media.example ?? (media.schema as { example?: unknown }).example

/** A cursor of a list by id: what the parameters `after` and `before` take. */
let cursor = ""

/** Something that fits a parameter, from its schema; a text's meaning is in its name. */
function fitting({ name, schema }: Parameter, all: Parameter[]): string {
  if (schema.enum) return String(schema.enum[0])
  if (schema.type === "integer" || schema.type === "number") return "1"
  if (schema.type === "boolean") return "true"
  if (schema.format === "date-time") return "2026-01-31T12:00:00Z"
  if (name === "after" || name === "before") return cursor
  if (name === "include") return all.map((p) => /^include\.(\w+)\./.exec(p.name)?.[1]).find(Boolean) ?? ""
  if (/(^|\.)(sort|fields)$/.test(name)) return "id"
  if (name === "aggregate") return "count"
  if (name === "group") return "id"
  if (name === "tz") return "Europe/Berlin"
  if (/(^|\.)(filter|having)$/.test(name)) return "{}"
  const pair = /^(.+)\[between\]$/.exec(name)?.[1]
  const of = pair && all.find((p) => p.name === pair && p.in === "query")
  if (of) return `${fitting(of, [])},${fitting(of, [])}`
  const listed = /^(.+)\[n?in\]$/.exec(name)?.[1]
  const single = listed && all.find((p) => p.name === listed && p.in === "query")
  return single ? fitting(single, []) : "x"
}

/** Signs two users up, for the lists to have more than a page, and makes the first an admin. */
async function adminToken(): Promise<string> {
  for (const username of ["admin", "other"])
    await call("POST", "/users", {
      json: { email: `${username}@example.com`, username, password: "correct horse" },
    })
  await database.connect().batch([{ text: "update users set role = 'admin' where id = 1", params: [] }])
  const { links } = await call("GET", "/users?limit=1")
  cursor = new URL(links.next as string, "http://localhost").searchParams.get("after") as string
  const { body } = await call("POST", "/auth/token", {
    body: "username=admin&password=correct+horse",
    headers: { "content-type": "application/x-www-form-urlencoded" },
  })
  return (body as { access_token: string }).access_token
}
