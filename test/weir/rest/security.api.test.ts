// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { SignJWT, UnsecuredJWT } from "jose"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { passwordMark, tokens } from "../../../src/weir/auth/token.ts"
import { encodeCursor, shortCursor } from "../../../src/weir/query/cursor.ts"
import { type Answer, read } from "../support/client.ts"
import { authSecret } from "../support/fresh.ts"
import { execute, expectSafe, tablesOf, type Who } from "../support/scenarios.ts"
import { type World, world } from "../support/world.ts"

let w: World
beforeEach(async () => {
  w = await world()
})
afterEach(() => w.close())

interface Operation {
  method: string
  path: string
  /** As the document says; `none` for a route that looks at no token. */
  token: "required" | "optional" | "none"
  statuses: Set<string>
  /** The document's own example of a body. */
  example: unknown
}

interface DocumentOperation {
  security?: object[]
  responses: Record<string, unknown>
  requestBody?: { content: Record<string, { example?: unknown; schema?: { example?: unknown } }> }
}

const exampleOf = (body: DocumentOperation["requestBody"]): unknown => {
  const media = body?.content["application/json"]
  return media?.example ?? media?.schema?.example
}

/** Every operation of the served document, on row 1. */
async function operations(): Promise<Operation[]> {
  const { body } = await w.call("GET", "/openapi.json")
  const { paths } = body as { paths: Record<string, Record<string, DocumentOperation>> }
  const found = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, { security, responses, requestBody }]): Operation => ({
        method: method.toUpperCase(),
        path: path.replaceAll("{id}", "1"),
        token: !security?.length
          ? "none"
          : security.some((s) => Object.keys(s).length === 0)
            ? "optional"
            : "required",
        statuses: new Set(Object.keys(responses)),
        example: exampleOf(requestBody),
      }),
    ),
  )
  expect(found.length).toBeGreaterThan(15)
  expect(found.filter((o) => o.token === "required").length).toBeGreaterThan(5)
  return found
}

/** Asks, and checks what holds for every answer. */
async function ask(
  as: Who,
  method: string,
  path: string,
  options: { body?: string; json?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const answer = await w.call(method, path, {
    ...options,
    token: as === "anonymous" || options.headers?.authorization ? undefined : w[as].token,
  })
  expectSafe(w, as, answer, `${method} ${path.slice(0, 200)}`)
  return answer
}

/** Does the work, and sees to it that no row was made, changed or deleted. */
async function writesNothing(work: () => Promise<void>): Promise<void> {
  const before = await tablesOf(w)
  await work()
  expect(await tablesOf(w)).toEqual(before)
}

describe("a token that does not hold", () => {
  const key = (secret: string) => new TextEncoder().encode(secret)
  const claims = () => ({ pwm: passwordMark("x") })
  const signed = (secret: string, alg: string, expires: number | string, sub = "1") =>
    new SignJWT(claims())
      .setProtectedHeader({ alg })
      .setIssuer("weir")
      .setSubject(sub)
      .setIssuedAt(1)
      .setExpirationTime(expires)
      .sign(key(secret))

  const headers: Record<string, () => Promise<string | undefined> | string | undefined> = {
    "no token": () => undefined,
    "an empty header": () => "",
    "Bearer without a token": () => "Bearer",
    garbage: () => "Bearer garbage",
    "three dots": () => "Bearer ...",
    "two tokens": () => `Bearer ${w.ann.token} ${w.ann.token}`,
    "a cut token": () => `Bearer ${w.ann.token.slice(0, -4)}`,
    "10,000 letters": () => `Bearer ${"a".repeat(10_000)}`,
    Basic: () => `Basic ${btoa("ann@example.com:correct horse")}`,
    "the token without Bearer": () => w.ann.token,
    "alg none": () => `Bearer ${new UnsecuredJWT(claims()).setIssuer("weir").setSubject("3").encode()}`,
    "alg none in place of a true one's": () => {
      const [, payload] = w.ann.token.split(".")
      return `Bearer ${btoa('{"alg":"none"}').replaceAll("=", "")}.${payload}.`
    },
    "another secret": async () =>
      `Bearer ${await signed("another secret, just as long as it is", "HS256", "1h")}`,
    "another algorithm": async () => `Bearer ${await signed(authSecret, "HS512", "1h")}`,
    "an expired token": async () => `Bearer ${await signed(authSecret, "HS256", 1000)}`,
    "a subject that is no id": async () => `Bearer ${await signed(authSecret, "HS256", "1h", "1 or 1=1")}`,
    "the mark of no password": async () => `Bearer ${await signed(authSecret, "HS256", "1h")}`,
    "a user that never was": async () =>
      `Bearer ${await tokens(authSecret, "weir").issue({ userId: 9_007_199_254_740_991, passwordMark: "x" })}`,
    "a password of before": async () => {
      await execute(w, "update users set hashed_password = 'another' where id = 2")
      return `Bearer ${w.bob.token}`
    },
    "a deleted user": async () => {
      await execute(w, "delete from users where id = 3")
      return `Bearer ${w.root.token}`
    },
  }

  /** They say nothing of a viewer: nobody asks. */
  const nobody = ["no token", "an empty header", "Basic"]
  /** The engine's own routes look at no viewer, and signing in must not fail by a token of before. */
  const exempt = ["/health", "/ready", "/auth/token"]

  test("is 401 with a challenge on every route that looks at the viewer, public ones included", async () => {
    const all = await operations()
    // Routes that anybody may write by get no valid body: nothing is to be written here.
    const bodyOf = ({ method, token, example }: Operation) =>
      method === "GET" || method === "DELETE" ? undefined : token === "required" ? example : {}
    const plain = new Map<Operation, Answer>()
    for (const operation of all) {
      const { method, path } = operation
      plain.set(operation, await ask("anonymous", method, path, { json: bodyOf(operation) }))
    }
    for (const [name, header] of Object.entries(headers)) {
      const authorization = await header()
      await writesNothing(async () => {
        for (const operation of all) {
          const { method, path, token } = operation
          const given = authorization === undefined ? {} : { headers: { authorization } }
          const answer = await ask("anonymous", method, path, { json: bodyOf(operation), ...given })
          const what = `${name}: ${method} ${path}: ${answer.text.slice(0, 300)}`
          const challenge = answer.headers.get("www-authenticate")
          if (!nobody.includes(name) && !exempt.includes(path)) {
            expect(answer.status, what).toBe(401)
            expect(answer.body, what).toMatchObject({ code: "invalid_token" })
            expect(challenge, what).toBe('Bearer error="invalid_token"')
            if (method !== "GET") continue
            const head = await ask("anonymous", "HEAD", path, given)
            expect([head.status, head.headers.get("www-authenticate")], what).toEqual([401, challenge])
          } else if (token === "required") {
            expect(answer.status, what).toBe(401)
            // No error code for who has sent no token (RFC 6750, 3.1).
            expect(challenge, what).toBe("Bearer")
          } else {
            expect(answer.status, what).not.toBe(401)
            expect(answer.status, what).toBe(plain.get(operation)?.status)
            if (answer.status === 200 && path !== "/ready")
              expect(answer.body, what).toEqual(plain.get(operation)?.body)
          }
        }
      })
    }
  })

  test("one that holds is taken whatever the case of Bearer", async () => {
    for (const scheme of ["Bearer", "bearer", "BEARER"]) {
      const answer = await ask("ann", "GET", "/users/me", {
        headers: { authorization: `${scheme} ${w.ann.token}` },
      })
      expect(answer.body).toMatchObject({ id: 1, email: "ann@example.com" })
    }
  })
})

describe("what is served to nobody", () => {
  test("unknown paths are 404, whatever the method", async () => {
    const paths = [
      "/nope",
      "/item",
      "/items/1/nope",
      "/items/1/owner",
      "/users/1/items/1",
      "/users/me/items/x/y",
    ]
    const odd = [
      "/.env",
      "/..%2f..%2fetc%2fpasswd",
      "/%00",
      "/%ff",
      "/%E0%A4%A",
      "/items%2f1",
      "//",
      "/auth",
      "/auth/",
    ]
    await writesNothing(async () => {
      for (const path of [...paths, ...odd])
        for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
          expect((await ask("root", method, path)).status, `${method} ${path}`).toBe(404)
    })
  })

  test("another method on a known path is 405 and says which are allowed", async () => {
    const known = new Map<string, Set<string>>()
    for (const { method, path } of await operations())
      known.set(path, (known.get(path) ?? new Set()).add(method))
    for (const path of ["/", "/openapi.json", "/docs", "/docs/init.js"]) known.set(path, new Set(["GET"]))
    // `me` stands for one's own id.
    known.set("/users/me", new Set(known.get("/users/1")))
    // OpenAPI 3.1 has no operation for it.
    for (const list of ["/users", "/items", "/users/1/items"]) known.get(list)?.add("QUERY")
    await writesNothing(async () => {
      for (const [path, methods] of known) {
        if (methods.has("GET")) methods.add("HEAD")
        for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"]) {
          if (methods.has(method)) continue
          const answer = await ask("root", method, path, { json: method === "GET" ? undefined : {} })
          expect(answer.status, `${method} ${path}: ${answer.text}`).toBe(405)
          expect(answer.headers.get("allow"), path).toBe([...methods].sort().join(", "))
        }
      }
    })
  })

  test("a media type that is not served is 406, also for writes", async () => {
    const all = (await operations()).filter((o) => o.statuses.has("406"))
    expect(all.length).toBeGreaterThan(8)
    await writesNothing(async () => {
      for (const { method, path, example } of all)
        for (const accept of ["text/html", "application/xml, image/*", "application/json;q=0", "*/*;q=0"]) {
          const json = method === "GET" ? undefined : example
          const answer = await ask("root", method, path, { json, headers: { accept } })
          expect(answer.status, `${method} ${path} ${accept}`).toBe(406)
        }
    })
  })

  test("a body of another media type is 415", async () => {
    const all = (await operations()).filter((o) => o.statuses.has("415"))
    expect(all.length).toBeGreaterThan(4)
    await writesNothing(async () => {
      for (const { method, path, example } of all)
        for (const type of [
          "text/plain",
          "application/xml",
          "multipart/form-data",
          "application/jsonp",
          "",
          "x".repeat(10_000),
        ]) {
          const body = JSON.stringify(example ?? {})
          const answer = await ask("root", method, path, { body, headers: { "content-type": type } })
          expect(answer.status, `${method} ${path} ${type.slice(0, 40)}`).toBe(415)
        }
    })
  })

  test("a body over the limit is 413, with its length said and without", async () => {
    await w.close()
    w = await world({ bodyLimit: 1000 })
    const all = (await operations()).filter((o) => o.statuses.has("413"))
    expect(all.length).toBeGreaterThan(4)
    const json = JSON.stringify({ title: "x", price: 1, description: "d".repeat(2000) })
    await writesNothing(async () => {
      for (const { method, path } of all) {
        const type = path === "/auth/token" ? "application/x-www-form-urlencoded" : "application/json"
        const headers = { "content-type": type, authorization: `Bearer ${w.root.token}` }
        const said = await ask("root", method, path, {
          body: json,
          headers: { ...headers, "content-length": String(json.length) },
        })
        expect(said.status, `${method} ${path}: ${said.text}`).toBe(413)
        const init = { method, headers, body: chunked(json), duplex: "half" } as RequestInit
        const unsaid = await read(await w.app.request(path, init))
        expectSafe(w, "root", unsaid, path)
        expect(unsaid.status, `${method} ${path}, chunked: ${unsaid.text}`).toBe(413)
      }
    })
    const init = {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${w.ann.token}` },
      body: chunked(JSON.stringify({ title: "in pieces", price: 1 })),
      duplex: "half",
    } as RequestInit
    expect((await w.app.request("/items", init)).status).toBe(201)
  })

  test("the limit is 1 MiB where nothing else is said", async () => {
    const body = (length: number) => `{"title":"x","price":-1,"x":"${"d".repeat(length - 31)}"}`
    const headers = { "content-type": "application/json" }
    const of = async (length: number) =>
      (await ask("ann", "POST", "/items", { body: body(length), headers })).status
    expect(body(1_048_576)).toHaveLength(1_048_576)
    expect(await of(1_048_576)).toBe(422)
    expect(await of(1_048_577)).toBe(413)
  })
})

/** A body without a length, in pieces of 100 bytes. */
function chunked(text: string): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text)
  let at = 0
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close()
      controller.enqueue(bytes.slice(at, at + 100))
      at += 100
    },
  })
}

const hostile: Record<string, string> = {
  NUL: "a\0b",
  "a lone surrogate": "\ud800",
  "a statement": "'; drop table items; --",
  "another statement": '" or 1=1; drop table users; --',
  __proto__: "__proto__",
  constructor: "constructor",
  toString: "toString",
  hasOwnProperty: "hasOwnProperty",
  "10,000 letters": "a".repeat(10_000),
  "400 nines": "9".repeat(400),
  "2^63": "9223372036854775808",
  "1e309": "1e309",
  "-1e309": "-1e309",
  NaN: "NaN",
  percent: "%",
  dots: "../../etc/passwd",
  brackets: "[[[]]]((({{{",
  "new line": "a\r\nx-evil: 1",
  emoji: "👩‍👩‍👧\u202e",
}
/** As it goes into a URL; half a surrogate pair as the bytes that a careless client sends. */
const inUrl = (value: string): string => (value.isWellFormed() ? encodeURIComponent(value) : "%ED%A0%80")

/** Every hostile value in one place after the other: in one world, for a world costs more than the requests. */
const each = (place: string, run: (name: string, value: string) => Promise<void>) =>
  test(place, async () => {
    for (const [name, value] of Object.entries(hostile)) await run(name, value)
  })

async function refused(as: Who, method: string, path: string, json?: unknown): Promise<void> {
  const answer = await ask(as, method, path, { json })
  const statuses = path.includes("?") || json ? [404, 422] : [404, 405, 422]
  expect(statuses, `${method} ${path.slice(0, 99)}: ${answer.text.slice(0, 300)}`).toContain(answer.status)
}

describe("hostile values", () => {
  // Anonymous where it is no matter: in a worker each request that knows its viewer opens a connection.
  each("in the path", async (_name, value) => {
    await writesNothing(async () => {
      const v = inUrl(value)
      const reads = ["/*", "/items/*", "/users/*", "/users/*/items", "/items/1/*"]
      for (const path of reads) await refused("anonymous", "GET", path.replace("*", v))
      await refused("root", "PATCH", `/items/${v}`, { title: "x" })
      await refused("root", "DELETE", `/items/${v}`)
      await refused("root", "POST", `/users/${v}/items`, { title: "x", price: 1 })
    })
  })

  each("as a parameter's name", async (_name, value) => {
    const v = inUrl(value)
    const names = [v, `title[${v}]`, `owner.${v}`, `${v}.id`, `include=owner&include.owner.${v}`]
    for (const path of ["/items", "/items/1", "/users/1/items"])
      for (const query of names) await refused("anonymous", "GET", `${path}?${query}=1`)
    await writesNothing(async () => {
      await refused("ann", "POST", `/items?${v}=1`, { title: "x", price: 1 })
      await refused("ann", "PATCH", `/items/1?${v}=1`, { title: "x" })
      await refused("ann", "DELETE", `/items/1?${v}=1`)
    })
  })

  each("as a parameter's value", async (name, value) => {
    const never = ["limit", "skip", "count", "fields", "sort", "include", "after", "before", "id", "owner_id"]
    const also = [
      "price",
      "created_at",
      "description[is_null]",
      "price[in]",
      "id[nin]",
      "owner.id",
      "include.owner.fields",
    ]
    const texts = [
      "title",
      "title[contains]",
      "title[gt]",
      "description[starts_with]",
      "title[in]",
      "owner.username[ne]",
    ]
    for (const param of [...never, ...also]) {
      const include = param.startsWith("include.") ? "include=owner&" : ""
      const answer = await ask("anonymous", "GET", `/items?${include}${param}=${inUrl(value)}`)
      // A price may be as large as that.
      const fine = name === "2^63" && param.startsWith("price")
      expect(answer.status, `${param}: ${answer.text.slice(0, 300)}`).toBe(fine ? 200 : 422)
    }
    for (const param of texts) {
      // In a list a quote that opens must close.
      const isText = value.isWellFormed() && !value.includes("\0")
      const storable = isText && !(param === "title[in]" && value.startsWith('"'))
      const answer = await ask("anonymous", "GET", `/items?${param}=${inUrl(value)}&count=exact`)
      expect(answer.status, `${param}: ${answer.text.slice(0, 300)}`).toBe(storable ? 200 : 422)
      if (!storable) continue
      const all = param.endsWith("[ne]")
        ? 6
        : param === "title[gt]"
          ? Number(answer.headers.get("x-total-count"))
          : 0
      expect(answer.body, param).toHaveLength(all)
    }
  })

  each("in a body", async (name, value) => {
    await writesNothing(async () => {
      for (const member of ["title", "description", "owner_id"]) {
        const json = { title: "x", price: -1, [member]: value }
        await refused("root", "POST", "/items", json)
      }
      const headers = { "content-type": "application/json" }
      // A JSON text of its own: `{ __proto__: 1 }` in JavaScript makes no member.
      const body = `{"title":"x","price":1,${JSON.stringify(value)}:{"polluted":true}}`
      for (const [method, path] of [
        ["POST", "/items"],
        ["POST", "/users/1/items"],
        ["PATCH", "/items/1"],
      ] as const) {
        const answer = await ask("root", method, path, { body, headers })
        expect(answer.status, `${method} ${path} ${name}: ${answer.text.slice(0, 300)}`).toBe(422)
      }
      await refused("anonymous", "POST", "/users", { email: value, username: "abc", password: "long enough" })
      await refused("anonymous", "POST", "/users", {
        email: "a@b.cd",
        username: `${value} `,
        password: "short",
      })
      await refused("ann", "POST", "/items", value)
    })
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  each("in the form of a sign-in", async (name, value) => {
    const headers = { "content-type": "application/x-www-form-urlencoded" }
    const long = value.length > 200
    for (const body of [
      `username=ann&password=${inUrl(value)}`,
      `username=ann&password=x&${inUrl(value)}=1`,
    ]) {
      const answer = await ask("anonymous", "POST", "/auth/token", { body, headers })
      expect(answer.status, answer.text.slice(0, 300)).toBe(400)
    }
    // As a name of nobody it would cost a scrypt each, and one is enough to see that it is bound, not spliced.
    if (name !== "a statement" && name !== "NUL" && !long) return
    const answer = await ask("anonymous", "POST", "/auth/token", {
      body: `username=${inUrl(value)}&password=x`,
      headers,
    })
    expect(answer.status).toBe(400)
  })

  each("in a header", async (_name, value) => {
    // What HTTP carries: text without controls, and ASCII, for a runtime may warn of more.
    if (!/^[ -~]+$/.test(value)) return
    const alone = [["authorization"], ["accept"]]
    const together = [
      "x-request-id",
      "origin",
      "referer",
      "if-none-match",
      "range",
      "accept-language",
      "cookie",
    ]
    const more = ["x-forwarded-for", "x-http-method-override", "content-type"]
    for (const names of [...alone, [...together, ...more]]) {
      const headers = Object.fromEntries(names.map((header) => [header, value]))
      const answer = await ask("anonymous", "GET", "/items?limit=1", { headers })
      // What is neither Bearer nor another scheme is a token that does not hold.
      const allowed = names[0] === "authorization" ? [200, 401] : [200, 406]
      expect(allowed, `${names}: ${answer.text}`).toContain(answer.status)
    }
    await writesNothing(async () => {
      for (const header of ["content-type", "content-encoding", "if-match"]) {
        const json = { title: "x", price: -1 }
        const answer = await ask("ann", "POST", "/items", { headers: { [header]: value }, json })
        expect([415, 422], `${header}: ${answer.text}`).toContain(answer.status)
      }
    })
  })

  each("in a cursor", async (_name, value) => {
    const checked = [
      encodeCursor("id", [value]),
      encodeCursor("title,id", [value, value]),
      encodeCursor("-created_at,id", [value, 1]),
    ]
    const queries = [
      `after=${inUrl(value)}`,
      ...checked.map((c, i) => `${["", "sort=title&", "sort=-created_at&"][i]}before=${c}`),
    ]
    for (const query of queries)
      expect((await ask("anonymous", "GET", `/items?${query}`)).status, query.slice(0, 99)).toBe(422)
    // A forged place that is text is a place like any other.
    const place = await ask(
      "anonymous",
      "GET",
      `/items?sort=title&after=${shortCursor("title,id", [value, 1], (key) => key === 0)}`,
    )
    expect(place.status).toBe(value.includes("\0") || !value.isWellFormed() ? 422 : 200)
  })

  each("as a title it is stored and found as it is, or refused", async (_name, value) => {
    const given = await ask("ann", "POST", "/items", { json: { title: value, price: 1 } })
    const storable = value.isWellFormed() && !value.includes("\0") && value.length <= 200
    expect(given.status, given.text).toBe(storable ? 201 : 422)
    if (!storable) return
    expect(given.body).toMatchObject({ title: value })
    const found = await ask(
      "ann",
      "GET",
      `/items?title=${inUrl(value)}&title[contains]=${inUrl(value)}&sort=title`,
    )
    expect(found.body).toMatchObject([{ title: value }])
  })
})

describe("what is too much", () => {
  test("bodies that nest deeply", async () => {
    const headers = { "content-type": "application/json" }
    const arrays = `${"[".repeat(10_000)}${"]".repeat(10_000)}`
    const objects = `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`
    const bodies = [
      arrays,
      objects,
      `{"title":${arrays},"price":1}`,
      `{"title":"x","price":1,"x":${objects}}`,
    ]
    await writesNothing(async () => {
      for (const body of [...bodies, "[".repeat(1_000_000), `[${"{},".repeat(300_000)}{}]`])
        for (const [method, path] of [
          ["POST", "/items"],
          ["PATCH", "/items/1"],
          ["POST", "/users"],
        ] as const)
          expect((await ask("ann", method, path, { body, headers })).status, body.slice(0, 30)).toBe(422)
    })
  })

  test("numbers that no column holds", async () => {
    const headers = { "content-type": "application/json" }
    const numbers = ["1e309", "-1e309", "9".repeat(5000), `-${"9".repeat(5000)}`]
    const whole = ["9007199254740993", "9223372036854775808", "1e30", "0.5", "-0.1", "1e-400"]
    await writesNothing(async () => {
      for (const number of [...numbers, ...whole])
        for (const body of [`{"title":"x","price":1,"owner_id":${number}}`, `{"owner_id":${number}}`]) {
          const [method, path] = body.includes("title") ? ["POST", "/items"] : ["PATCH", "/items/1"]
          const answer = await ask("root", method as string, path as string, { body, headers })
          expect([409, 422], `${method} ${body.slice(0, 60)}: ${answer.text}`).toContain(answer.status)
        }
      for (const number of numbers)
        expect((await ask("ann", "PATCH", "/items/1", { body: `{"price":${number}}`, headers })).status).toBe(
          422,
        )
    })
    // The ends of what a double holds are prices like others.
    for (const price of [Number.MAX_VALUE, Number.MIN_VALUE, 2 ** 53 + 2, 1e-7]) {
      const answer = await ask("ann", "PATCH", "/items/1", { json: { price } })
      expect(answer.status, answer.text).toBe(200)
      expect(answer.body).toMatchObject({ price })
    }
  })

  test("a member given twice counts once, and is checked", async () => {
    const headers = { "content-type": "application/json" }
    await writesNothing(async () => {
      for (const body of ['{"title":"a","price":1,"price":-1}', '{"title":"a","title":7,"price":1}'])
        expect((await ask("ann", "POST", "/items", { body, headers })).status).toBe(422)
      const role = '{"username":"ann2","role":"user","role":"admin"}'
      expect((await ask("ann", "PATCH", "/users/1", { body: role, headers })).status).toBe(403)
    })
  })

  test("filters, in one place and in several", async () => {
    const many = (prefix: string, count: number) =>
      Array.from({ length: count }, (_, i) => `${prefix}price[ne]=${i + 1000}`).join("&")
    const queries = [
      many("", 40),
      // A driver that takes 100 values in one statement is still asked for a whole answer.
      `count=exact&${many("", 40)}`,
      `include=owner.items&${many("", 40)}&${many("include.owner.items.", 50)}`,
      `count=exact&include=owner.items&${many("", 30)}&${many("include.owner.items.", 30)}`,
      `title[in]=${Array.from({ length: 2000 }, (_, i) => i).join(",")}`,
    ]
    for (const query of queries) {
      const answer = await ask("ann", "GET", `/items?${query}`)
      expect([200, 422], `${query.slice(0, 80)}: ${answer.text}`).toContain(answer.status)
    }
    expect((await ask("ann", "GET", `/items?${many("", 41)}`)).status).toBe(422)
    expect((await ask("ann", "GET", `/items?${many("", 500)}`)).status).toBe(422)
  })

  test("filters through relations: each is a join to plan, and planning is not to take seconds", async () => {
    for (const [path, field] of [
      ["owner.items.", "price"],
      ["owner.items.owner.", "id"],
    ]) {
      const query = Array.from({ length: 50 }, (_, i) => `${path}${field}[ne]=${i + 1000}`).join("&")
      const started = performance.now()
      const answer = await ask("anonymous", "GET", `/items?${query}`)
      expect([200, 422], `${path}: ${answer.text}`).toContain(answer.status)
      expect(performance.now() - started, path).toBeLessThan(3000)
    }
  })

  test("a sign-up of many: a hash costs 190 ms of a core, so one request is not to buy a thousand", async () => {
    const one = (n: number) => ({ email: `n${n}@example.com`, username: `name${n}`, password: "long enough" })
    const started = performance.now()
    await writesNothing(async () => {
      const answer = await ask("anonymous", "POST", "/users", {
        json: Array.from({ length: 12 }, (_, n) => one(n)),
      })
      expect(answer.status, `${performance.now() - started} ms`).toBe(422)
    })
  })
})

describe("what every answer carries", () => {
  test("an id: the caller's own where it is sane", async () => {
    const idOf = async (id: string) =>
      (await ask("anonymous", "GET", "/health", { headers: { "x-request-id": id } })).headers.get(
        "x-request-id",
      )
    expect(await idOf("abc-123.x:y/z+=_")).toBe("abc-123.x:y/z+=_")
    for (const id of ["", "a b", "<script>", "x".repeat(129), '"'])
      expect(await idOf(id), id).toMatch(/^[0-9a-f-]{36}$/)
  })

  test("ids differ", async () => {
    const ids = new Set<string | null>()
    for (let i = 0; i < 20; i++) ids.add((await ask("anonymous", "GET", "/nope")).headers.get("x-request-id"))
    expect(ids.size).toBe(20)
  })

  test("the headers, also on documents, pages, 204 and HEAD", async () => {
    const requests = [
      ["GET", "/openapi.json"],
      ["GET", "/health"],
      ["HEAD", "/items"],
      ["HEAD", "/nope"],
      ["GET", "/stats"],
    ]
    for (const [method, path] of requests) {
      const answer = await ask("anonymous", method as string, path as string)
      expect(answer.headers.get("server-timing"), path).toMatch(/auth;.*cache;.*db;/)
      expect(answer.headers.get("x-powered-by")).toBeNull()
    }
    expect((await ask("ann", "DELETE", "/items/1")).status).toBe(204)
    const page = await ask("anonymous", "GET", "/docs")
    expect(page.headers.get("content-type")).toMatch(/^text\/html/)
    expect(page.text).not.toMatch(/https?:\/\/(?!localhost)/)
  })

  test("patterns in the document that a client can hold its input to", async () => {
    const { text } = await ask("anonymous", "GET", "/openapi.json")
    const patterns = [...text.matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)].map(([, json]) =>
      String(JSON.parse(json as string)),
    )
    expect(patterns.length).toBeGreaterThan(1)
    // JSON Schema has bare patterns: no slashes, no flags.
    for (const pattern of patterns)
      expect(
        ["ann_1", "ann@example.com", "id", "", "a,b", "count"].some((fit) =>
          new RegExp(pattern, "u").test(fit),
        ),
        pattern,
      ).toBe(true)
  })

  test("no origin is let in where none is set", async () => {
    const answer = await ask("anonymous", "GET", "/items", { headers: { origin: "https://evil.example" } })
    expect(answer.headers.get("access-control-allow-origin")).toBeNull()
  })

  test("a token is never kept by a cache, nor a problem", async () => {
    const answer = await ask("anonymous", "POST", "/auth/token", {
      body: "username=ann&password=correct+horse",
      headers: { "content-type": "application/x-www-form-urlencoded" },
    })
    expect(answer.status, answer.text).toBe(200)
    expect(answer.headers.get("cache-control")).toBe("no-store")
    expect((await ask("anonymous", "GET", "/users/me")).headers.get("cache-control")).toBe("no-store")
  })
})

test("no viewer is told another's email, by any read, filter, sort or place", async () => {
  for (const as of ["anonymous", "ann"] as const) {
    const paths = [
      "/users",
      "/users/2",
      "/users/2?fields=id,username",
      "/items?include=owner",
      "/items?include=owner.items.owner",
      "/users?include=items.owner",
    ]
    for (const path of paths) expect((await ask(as, "GET", path)).status, path).toBe(200)
    for (const sort of ["email", "-email", "role", "username", "-created_at"]) {
      const answer = await ask(as, "GET", `/users?sort=${sort}&limit=1`)
      if (as === "anonymous" && /email|role/.test(sort)) expect(answer.status).toBe(422)
      else {
        // The place of a row whose email is hidden holds none either.
        const cursor = new URLSearchParams((answer.links.next as string).split("?")[1]).get("after") as string
        expect(Buffer.from(cursor, "base64url").toString()).not.toMatch(as === "ann" ? /(bob|root)@/ : /@/)
        const next = await ask(as, "GET", answer.links.next as string)
        expect(next.status).toBe(200)
      }
    }
  }
  const by = async (filter: string) => (await ask("ann", "GET", `/users?${filter}`)).body
  expect(await by("email=bob%40example.com")).toEqual([])
  expect(await by("email[gt]=a")).toMatchObject([{ username: "ann" }])
  expect(await by("email[ne]=x%40example.com")).toMatchObject([{ username: "ann" }])
  expect(await by("email[nin]=x%40example.com")).toMatchObject([{ username: "ann" }])
  expect(await by("items.owner.email[starts_with]=bob")).toEqual([])
  expect(await by("role=admin")).toEqual([])
  for (const name of ["hashed_password", "password", "current_password"])
    for (const query of [
      `${name}=x`,
      `sort=${name}`,
      `fields=${name}`,
      `items.owner.${name}[gt]=a`,
      `include=items.owner&include.items.owner.fields=${name}`,
    ])
      for (const as of ["anonymous", "ann", "root"] as const)
        expect((await ask(as, "GET", `/users?${query}`)).status, query).toBe(422)
})
