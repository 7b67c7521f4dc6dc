import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as package_ from "@hono/zod-openapi"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import * as z from "zod"

// Both give all types of zod their method `openapi`: while these tests run, it is the one that is tested.
const { prototype } = z.ZodType
const { openapi } = prototype
let worker: typeof package_
let workerOpenApi: typeof openapi
beforeAll(async () => {
  worker = (await import(join(import.meta.dirname, "../../../scripts/worker-openapi/index.ts"))) as never
  workerOpenApi = prototype.openapi
})
afterAll(() => {
  prototype.openapi = openapi
})

/** Runs work with the package, or with what the Worker has in its place. */
function by<T>(one: "package" | "worker", work: (library: typeof package_) => T): T {
  prototype.openapi = one === "worker" ? workerOpenApi : openapi
  return work(one === "worker" ? worker : package_)
}

enum Level {
  low = 1,
  high = 2,
}

const kinds: Record<string, () => z.ZodType> = {
  texts: () =>
    z
      .string()
      .min(2)
      .max(5)
      .regex(/^a\/b+$/i),
  "texts of one length": () => z.string().length(3),
  formats: () =>
    z.object({
      email: z.email(),
      uuid: z.uuid(),
      guid: z.guid(),
      url: z.url(),
      date: z.iso.date(),
      at: z.iso.datetime(),
      time: z.iso.time(),
      span: z.iso.duration(),
      four: z.ipv4(),
      six: z.ipv6(),
      net: z.cidrv4(),
      net6: z.cidrv6(),
      cuid: z.cuid(),
      cuid2: z.cuid2(),
      ulid: z.ulid(),
      bytes: z.base64url(),
      emoji: z.emoji(),
      jwt: z.jwt(),
    }),
  numbers: () =>
    z.tuple([z.number().min(1).max(9), z.number().gt(1).lt(9), z.int(), z.coerce.number().int(), z.bigint()]),
  literals: () => z.tuple([z.literal("a"), z.literal(1), z.literal(true), z.literal(null), z.literal(5n)]),
  enums: () => z.tuple([z.enum(["a", "b"]), z.enum(["a"]).nullable(), z.enum(Level)]),
  "null and what is known of nothing": () =>
    z.tuple([z.null(), z.any(), z.unknown(), z.unknown().nullable()]),
  "dates and booleans": () => z.tuple([z.date(), z.boolean().nullable()]),
  arrays: () => z.array(z.string().nullable()).min(1).max(3).nullable(),
  records: () => z.tuple([z.record(z.string(), z.int()), z.record(z.enum(["x", "y"]), z.int())]),
  templates: () =>
    z.templateLiteral(["a.", z.number(), "-", z.boolean(), z.enum(["q+", "r"]), z.literal("x"), z.string()]),
  unions: () =>
    z.tuple([z.union([z.string(), z.union([z.int(), z.null()])]), z.string().nullable().or(z.int())]),
  "a union of one": () => z.union([z.string(), z.int()]).openapi({ description: "either" }),
  discriminated: () => {
    const one = z.object({ kind: z.literal("one") }).openapi("One")
    const two = z.object({ kind: z.enum(["two", "zwei"]) }).openapi("Two")
    return z.tuple([
      z.discriminatedUnion("kind", [one, two]),
      z.discriminatedUnion("kind", [one, two]).nullable(),
      z.discriminatedUnion("kind", [one, z.object({ kind: z.literal("three") })]),
    ])
  },
  intersections: () =>
    z.tuple([
      z
        .object({ a: z.int() })
        .and(z.object({ b: z.int() }))
        .and(z.object({ c: z.int() })),
      z
        .object({ a: z.int() })
        .and(z.object({ b: z.int() }))
        .nullable(),
    ]),
  objects: () =>
    z.object({
      strict: z.strictObject({ a: z.string().optional() }),
      loose: z.looseObject({ a: z.string().default("x") }).nullable(),
      others: z.object({}).catchall(z.int()),
      defaults: z.object({ a: z.int() }).default({ a: 1 }),
      prefaults: z.string().prefault("y"),
      both: z.string().nullish().readonly(),
    }),
  pipes: () =>
    z.object({
      transformed: z.string().transform(Number),
      piped: z.string().pipe(z.coerce.number()),
      preprocessed: z.preprocess((value) => value, z.int().nullable()),
      refined: z
        .string()
        .refine((text) => text !== "")
        .openapi({ description: "not empty" }),
    }),
  "metadata in order": () =>
    z
      .string()
      .meta({ title: "A title", deprecated: true })
      .openapi({ description: "first", example: "a" })
      .optional()
      .openapi({ description: "second" })
      .nullable(),
  "a type of its own": () =>
    z.tuple([
      z.instanceof(Uint8Array).openapi({ type: "string", format: "binary" }),
      z.custom<string>().openapi({ type: ["string", "null"] }),
    ]),
  "names, and what is said where they are used": () => {
    const item = z.object({ id: z.int() }).openapi("Item", { description: "An item" })
    return z.object({
      plain: item,
      described: item.openapi({ description: "Another" }),
      nullable: item.nullable(),
      defaulted: item.default({ id: 1 }),
      meta: z.string().meta({ id: "Word", title: "A word" }),
      typed: z.string().openapi("Raw", { type: "string" }).nullable(),
    })
  },
  extended: () => {
    const base = z.object({ id: z.int(), name: z.string().optional() }).openapi("Base")
    return z.object({
      more: base.extend({ name: z.string(), age: z.int() }),
      named: base.extend({ age: z.int().optional() }).openapi("Grown"),
      closed: base.extend({}).catchall(z.string()),
    })
  },
  recursive: () => {
    const node: z.ZodType = z
      .object({ next: z.lazy(() => node), list: z.lazy(() => node.nullable()).optional() })
      .openapi("Node")
    return z.object({ node, lazy: z.lazy(() => z.string().nullable()).nullable() })
  },
}

describe("the Worker's OpenAPI is that of the package:", () => {
  test.each(Object.entries(kinds))("%s", (_, make) => {
    const document = (one: "package" | "worker") =>
      by(one, ({ OpenAPIHono }) => {
        const { openAPIRegistry, getOpenAPI31Document } = new OpenAPIHono()
        openAPIRegistry.register("Subject", z.object({ value: make() }))
        return JSON.stringify(getOpenAPI31Document({ openapi: "3.1.0", info: { title: "T", version: "1" } }))
      })
    const expected = document("package")
    expect(expected).toContain('"Subject"')
    expect(document("worker")).toBe(expected)
  })

  test("types that it does not know are refused", () => {
    for (const one of ["package", "worker"] as const) {
      const { openAPIRegistry, getOpenAPI31Document } = by(one, ({ OpenAPIHono }) => new OpenAPIHono())
      openAPIRegistry.register("Subject", z.set(z.string()))
      const make = () => getOpenAPI31Document({ openapi: "3.1.0", info: { title: "T", version: "1" } })
      expect(make).toThrow()
    }
  })
})

/** A route with input and output of every kind. */
const app = ({ OpenAPIHono, createRoute }: typeof package_) => {
  const made = new OpenAPIHono({
    defaultHook: (result, c) => (result.success ? undefined : c.json({ target: result.target }, 422)),
  })
  const answer = {
    200: { description: "What came", content: { "application/json": { schema: z.unknown() } } },
  }
  const echo = (c: { req: { valid(target: string): unknown }; json(value: unknown): Response }) =>
    c.json(
      Object.fromEntries(
        ["query", "param", "header", "cookie", "json", "form"].map((at) => [at, c.req.valid(at)]),
      ),
    )
  const add = (config: object) => made.openapi(createRoute(config as never), echo as never)
  add({
    method: "get",
    path: "/things/{id}",
    request: {
      params: z.object({ id: z.coerce.number().int().openapi({ description: "Its number" }) }),
      query: z.object({ q: z.string().optional(), n: z.coerce.number().default(3) }),
      headers: z.object({ "X-Word": z.string().optional() }),
      cookies: z.object({ seen: z.string().optional() }),
    },
    responses: {
      200: {
        description: "A thing",
        headers: z.object({ ETag: z.string().openapi({ description: "Its state" }) }),
        content: { "application/json": { schema: z.object({ id: z.int() }).openapi("Thing") } },
      },
      404: { $ref: "#/components/responses/404" },
    },
  })
  const body = z.object({ a: z.coerce.number() })
  const types = { "application/json": { schema: body }, "multipart/form-data": { schema: body } }
  add({
    method: "post",
    path: "/needed",
    request: { body: { content: types, required: true } },
    responses: answer,
  })
  add({ method: "post", path: "/optional", request: { body: { content: types } }, responses: answer })
  const other = {
    "text/csv": { schema: { type: "string" } },
    "application/json": { schema: body, example: { a: 1 } },
  }
  add({ method: "put", path: "/other", request: { body: { content: other } }, responses: answer })
  // Schemas with names in several places, each with more said of it than in the others.
  const word = z.string().min(2).openapi("Word")
  const count = z.coerce.number().openapi("Count")
  add({
    method: "post",
    path: "/several/{count}",
    request: {
      params: z.object({ count: count.openapi({ description: "in the path" }) }),
      query: z.object({ word: word.optional().describe("in the query"), count: count.min(4).optional() }),
      headers: z.object({ "x-word": word.max(9).optional() }),
      cookies: z.object({ word: word.max(8).optional() }),
      body: { content: { "application/json": { schema: z.object({ word: word.max(7), count }) } } },
    },
    responses: {
      200: {
        description: "Both",
        headers: z.object({ "X-Count": count.openapi({ description: "in a header" }) }),
        content: { "application/json": { schema: z.object({ count, word: word.nullable() }) } },
      },
    },
  })
  add({
    method: "post",
    path: "/read-before",
    middleware: [
      async (c: { req: { text(): Promise<string> } }, next: () => Promise<void>) => {
        await c.req.text()
        await next()
      },
    ],
    request: { body: { content: types } },
    responses: answer,
  })
  add({
    method: "post",
    path: "/transformed",
    request: { query: z.object({ q: z.string() }).transform(({ q }) => ({ long: q.length })) },
    responses: answer,
  })
  return made
}

test("the Worker's routes have the document of the package's", () => {
  const document = (one: "package" | "worker") =>
    by(one, (library) =>
      JSON.stringify(
        app(library).getOpenAPI31Document({ openapi: "3.1.0", info: { title: "T", version: "1" } }),
      ),
    )
  expect(document("worker")).toBe(document("package"))
})

const form = (value: string) => {
  const data = new FormData()
  data.set("a", value)
  return { method: "POST", body: data }
}
const sent = (method: string, type: string | undefined, content: string) => ({
  method,
  body: new TextEncoder().encode(content),
  headers: type === undefined ? {} : { "content-type": type },
})

test("the Worker's routes take and refuse what the package's do", async () => {
  const requests: [path: string, init?: RequestInit][] = [
    ["/things/5?q=x", { headers: { "x-word": "w", cookie: "seen=yes" } }],
    ["/things/x"],
    ["/things/5?n=x"],
    ["/transformed?q=abc", { method: "POST" }],
    ["/transformed", { method: "POST" }],
    ...["/needed", "/optional", "/other", "/read-before"].flatMap((path): [string, RequestInit][] => {
      const method = path === "/other" ? "PUT" : "POST"
      return [
        [path, sent(method, "application/json", '{"a":"1"}')],
        [path, sent(method, "application/json; charset=utf-8", '{"a":"1"}')],
        [path, sent(method, "application/problem+json", '{"a":"1"}')],
        [path, sent(method, "application/json", '{"a":"x"}')],
        [path, sent(method, "application/json", "{")],
        [path, sent(method, "text/plain", "x")],
        [path, sent(method, "text/csv", "x")],
        [path, sent(method, undefined, "x")],
        [path, { method }],
        [path, { ...form("7"), method }],
        [path, { ...form("x"), method }],
        [path, sent(method, "application/x-www-form-urlencoded", "a=8")],
      ]
    }),
  ]
  const answers = (one: "package" | "worker") =>
    by(one, (library) => {
      const made = app(library)
      return Promise.all(
        requests.map(async ([path, init]) => {
          const answer = await made.request(path, init)
          return [path, answer.status, await answer.text()]
        }),
      )
    })
  const expected = await answers("package")
  expect(new Set(expected.map(([, status]) => status))).toEqual(new Set([200, 400, 415, 422]))
  expect(await answers("worker")).toEqual(expected)
})

test("wrangler puts it in the package's place", () => {
  const settings = readFileSync(join(import.meta.dirname, "../../../wrangler.toml"), "utf8")
  expect(settings).toContain('"@hono/zod-openapi" = "./scripts/worker-openapi/index.ts"')
})
