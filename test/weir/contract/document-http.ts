import { beforeEach, describe, expect, test } from "vitest"
import { isOpen, isOpenToAll } from "../../../src/weir/resource/rules.ts"
import type { Answer } from "../support/client.ts"
import { walk } from "../support/paging.ts"
import { namesHidden, type Row, rowOf, rowsOf } from "../support/samples.ts"
import { type Contract, collections, contractWorlds, topKind } from "./world.ts"

/** Codes of what is wrong, of a problem in its whole shape. */
function expectProblem(answer: Answer, status: number): void {
  const { body, headers, text } = answer
  expect(answer.status, text).toBe(status)
  expect(headers.get("content-type")).toMatch(/^application\/problem\+json/)
  expect(body).toMatchObject({
    status,
    title: expect.any(String),
    code: expect.stringMatching(/^[a-z_]+$/),
    request_id: expect.any(String),
  })
  if (status !== 422) return
  const { errors } = body as { errors: unknown[] }
  expect(errors.length).toBeGreaterThan(0)
  for (const error of errors)
    expect(error).toEqual({ path: expect.any(String), message: expect.any(String), code: expect.any(String) })
}

/** The contract of every collection, on methods, headers, paths and pages. */
export function documentHttpContract(contract: Contract): void {
  const { api } = contract
  const kind = topKind(api)
  const open = collections(api).filter(({ rules }) =>
    [rules.read, rules.create, rules.update, rules.delete].every((rule) => isOpen(rule, kind)),
  )
  if (open.length === 0) return
  const world = contractWorlds(contract)
  const send = (method: string, path: string, json?: unknown, headers: Record<string, string> = {}) =>
    world().call(method, path, {
      token: world().root.token,
      headers,
      ...(json === undefined ? {} : { json }),
    })

  describe.each(open)("documents over HTTP: $name", (resource) => {
    const path = `/${resource.name}`
    let document: Row
    beforeEach(async () => {
      document = await world().maker.document(resource)
    })
    const one = `${path}/one`

    test("HEAD answers as GET, without a body; a trailing slash changes nothing", async () => {
      await send("PUT", one, document)
      for (const at of [path, one, `${path}?limit=1&count=exact`]) {
        const [answer, head] = [await send("GET", at), await send("HEAD", at)]
        expect([head.status, head.text], at).toEqual([200, ""])
        for (const name of ["content-type", "link", "etag", "x-total-count"])
          expect(head.headers.get(name), name).toBe(answer.headers.get(name))
      }
      expect((await send("GET", `${one}/`)).body).toEqual((await send("GET", one)).body)
      expect((await send("HEAD", `${path}/none`)).status).toBe(404)
    })

    test("other methods are a 405 that says which are allowed", async () => {
      await send("PUT", one, document)
      const many = resource.options.bulk ? ["DELETE", "PATCH"] : []
      const others = ["PUT", "PATCH", "DELETE"].filter((method) => !many.includes(method))
      for (const [at, methods, allowed] of [
        [path, others, ["GET", "HEAD", "POST", "QUERY", ...many].sort()],
        [one, ["POST", "QUERY"], ["DELETE", "GET", "HEAD", "PATCH", "PUT"]],
      ] as const)
        for (const method of methods) {
          const answer = await send(method, at, {})
          expectProblem(answer, 405)
          expect(answer.headers.get("allow")?.split(", ").sort(), `${method} ${at}`).toEqual(allowed)
        }
    })

    test("what is not JSON is a 415, and who takes none a 406", async () => {
      await send("PUT", one, document)
      for (const [method, at] of [
        ["POST", path],
        ["PUT", one],
        ["PATCH", one],
      ] as const) {
        const body = JSON.stringify(document)
        const type = { "content-type": "text/plain" }
        expectProblem(await world().call(method, at, { token: world().root.token, body, headers: type }), 415)
        const json = { "content-type": "application/json" }
        for (const text of ["{", "", '{"a":1}x'])
          expectProblem(
            await world().call(method, at, { token: world().root.token, body: text, headers: json }),
            422,
          )
        const merge = { "content-type": "application/merge-patch+json" }
        const merged = await world().call(method, at, { token: world().root.token, body, headers: merge })
        expect(merged.status, `${method}: ${merged.text}`).toBe(method === "PATCH" ? 200 : 415)
      }
      for (const at of [path, one])
        expectProblem(await send("GET", at, undefined, { accept: "text/html" }), 406)
    })

    test("an ETag is that of the document as it is: 304 until it changes", async () => {
      await send("PUT", one, document)
      for (const at of [one, path]) {
        const etag = (await send("GET", at)).headers.get("etag") as string
        const same = await send("GET", at, undefined, { "if-none-match": etag })
        expect([same.status, same.text], at).toEqual([304, ""])
        const changed = await send("PUT", one, document)
        expect(changed.status).toBe(200)
        await send("POST", path, document)
        await send("DELETE", one)
        await send("PUT", one, document)
        const other = await send("GET", at, undefined, { "if-none-match": etag })
        expect(other.status, at).toBe(200)
        expect(other.headers.get("etag")).not.toBe(etag)
      }
    })

    test("pages have bounds, and cursors are of their own list", async () => {
      expect((await send("POST", path, Array(7).fill(document))).status).toBe(201)
      const rows = rowsOf(await send("GET", `${path}?limit=1000`))
      expect(rows).toHaveLength(7)
      for (const sort of ["", "&sort=-_created_at", "&sort=-any.place,_id", "&sort=any,-_updated_at"]) {
        const { forward, backward } = await walk(world(), `${path}?limit=3${sort}`, world().root)
        const whole = rowsOf(await send("GET", `${path}?limit=1000${sort}`))
        expect([forward, backward], sort).toEqual([whole, whole])
      }
      for (const query of [
        "limit=0",
        "limit=-1",
        "limit=1001",
        "limit=x",
        "limit=",
        "skip=-1",
        "skip=1e3",
        "after=x",
        "after=",
        "before=%00",
        "count=all",
        "fields=",
        "include=nothing",
        "sort=_id,_id",
      ])
        expectProblem(await send("GET", `${path}?${query}`), 422)
      const { next } = (await send("GET", `${path}?limit=2&sort=any`)).links
      const cursor = new URL(next as string, "http://localhost").searchParams.get("after") as string
      for (const query of [
        `after=${cursor}`,
        `sort=-any&after=${cursor}`,
        `sort=any&after=${cursor}&before=${cursor}`,
        `sort=any&after=${cursor}&skip=1`,
        `sort=any&after=${cursor.slice(0, -3)}`,
      ])
        expectProblem(await send("GET", `${path}?${query}`), 422)
    })

    test("keys that no document has are a 404 or a 422, whatever is done there", async () => {
      const keys = ["none", "%00", "%ff", "a%2Fb", "é", "x".repeat(101), "-1", "9".repeat(60), "me"]
      for (const key of keys)
        for (const [method, json] of [
          ["GET", undefined],
          ["PATCH", document],
          ["DELETE", undefined],
        ] as const) {
          const answer = await send(method, `${path}/${key}`, json)
          expect([404, 405, 422], `${method} ${key}: ${answer.text}`).toContain(answer.status)
          expectProblem(answer, answer.status)
        }
    })
  })
}

/** The contract of collections whose documents are their creators' alone. */
export function documentOwnerContract(contract: Contract): void {
  const { api } = contract
  if (!api.accounts) return
  const owned = collections(api).filter(
    ({ rules, fields }) =>
      fields._owner_id && isOpen(rules.create, "user") && !isOpenToAll(rules.read, "user"),
  )
  if (owned.length === 0) return
  const world = contractWorlds(contract)

  describe.each(owned)("documents of two: $name", (resource) => {
    const path = `/${resource.name}`
    let document: Row
    beforeEach(async () => {
      document = await world().maker.document(resource)
    })

    test("each sees, changes and deletes their own alone", async () => {
      const { ann, bob, call } = world()
      const made = await Promise.all(
        [ann, bob].map(({ token }) => call("POST", path, { token, json: document })),
      )
      // Rules may hide the rows that these documents must name.
      if (made.some(namesHidden)) return
      for (const { status, text } of made) expect(status, text).toBe(201)
      const [own, other] = made.map(rowOf) as [Row, Row]
      expect([own._owner_id, other._owner_id]).toEqual([ann.id, bob.id])
      const { token } = ann
      for (const query of [
        "",
        "?sort=-_created_at",
        `?_owner_id=${bob.id}`,
        '?filter={"not":{"x":1}}',
        "?count=exact",
      ]) {
        const list = rowsOf(await call("GET", `${path}${query}`, { token }))
        expect(
          list.map(({ _id }) => _id),
          query,
        ).toEqual(query.includes("_owner_id") ? [] : [own._id])
      }
      const [counted] = rowsOf(await call("GET", `${path}?aggregate=count`, { token }))
      expect(counted).toEqual({ count: 1 })
      const foreign = `${path}/${other._id}`
      for (const [method, json, status] of [
        ["GET", undefined, 404],
        ["HEAD", undefined, 404],
        ["PATCH", document, 404],
        ["DELETE", undefined, 404],
        ["PUT", document, 409],
      ] as const) {
        const answer = await call(method, foreign, { token, ...(json ? { json } : {}) })
        expect(answer.status, `${method}: ${answer.text}`).toBe(status)
        if (method !== "HEAD") expectProblem(answer, status)
      }
      expect((await call("GET", foreign, { token: bob.token })).body).toEqual(other)
      for (const method of ["GET", "PATCH", "PUT", "DELETE"])
        expect((await call(method, foreign, method === "GET" ? {} : { json: document })).status, method).toBe(
          401,
        )
      expect((await call("DELETE", `${path}/${own._id}`, { token })).status).toBe(204)
    })
  })
}
