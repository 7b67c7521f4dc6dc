// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { expect, test } from "vitest"
import type { Answer } from "../support/client.ts"
import { documentWorlds } from "./support.ts"

const world = documentWorlds()
const etag = ({ headers }: Answer): string => headers.get("etag") as string

test.each(["papers", "parts"])("%s: one validator, and writes that hold while it does", async (name) => {
  const { call } = world()
  const made = await call("PUT", `/${name}/a`, { json: { name: "a", size: { width: 1 } } })
  expect(made.status, made.text).toBe(201)
  const path = `/${name}/a`
  expect(etag(await call("GET", path))).toBe(etag(made))
  expect(etag(await call("GET", `${path}?fields=size.width`))).toBe(etag(made))
  const list = await call("GET", `/${name}?fields=_id,_version`)
  expect(list.body).toEqual([{ _id: "a", _version: etag(made).slice(1, -1) }])

  const patched = await call("PATCH", path, {
    headers: { "if-match": etag(made) },
    json: { size: { width: 2 } },
  })
  expect(patched.status, patched.text).toBe(200)
  const stale = { headers: { "if-match": etag(made) } }
  for (const [method, json] of [
    ["PATCH", { size: { width: 3 } }],
    ["PUT", { name: "late" }],
    ["DELETE", undefined],
  ] as const) {
    const late = await call(method, path, { ...stale, ...(json && { json }) })
    expect(late.status, method).toBe(412)
    expect(late.body).toMatchObject({ code: "precondition_failed", current: patched.body })
    expect(etag(late)).toBe(etag(patched))
  }
  const replaced = await call("PUT", path, { headers: { "if-match": etag(patched) }, json: { name: "b" } })
  expect(replaced.status, replaced.text).toBe(200)
  expect(replaced.body).toMatchObject({ name: "b" })
  const gone = await call("DELETE", path, { headers: { "if-match": etag(replaced) } })
  expect(gone.status).toBe(204)
})

test("If-None-Match: * creates and never replaces; If-Match never creates", async () => {
  const { call } = world()
  const put = (headers: Record<string, string>, n: number) =>
    call("PUT", "/papers/a", { headers, json: { n } })
  const none = { "if-none-match": "*" }
  const missing = await put({ "if-match": "*" }, 0)
  expect(missing.status, missing.text).toBe(412)
  const first = await put(none, 1)
  expect(first.status, first.text).toBe(201)
  const second = await put(none, 2)
  expect(second.status).toBe(412)
  expect(second.body).toMatchObject({ current: first.body })
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, n) => call("PUT", "/papers/b", { headers: none, json: { n } })),
  )
  expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(9).fill(412)])
  expect((await put({ "if-match": "*" }, 3)).status).toBe(200)
})

test("a key that is another's stays a conflict, with and without a condition", async () => {
  const { call, ann, bob } = world()
  await call("PUT", "/notes/a", { token: ann.token, json: { text: "mine" } })
  for (const headers of [{ "if-none-match": "*" }, {}] as Record<string, string>[]) {
    const answer = await call("PUT", "/notes/a", { token: bob.token, headers, json: {} })
    expect(answer.status).toBe(409)
    expect(answer.text).not.toContain("mine")
  }
  const match = await call("PUT", "/notes/a", { token: bob.token, headers: { "if-match": "*" }, json: {} })
  expect(match.status).toBe(412)
  expect(match.text).not.toContain("mine")
})
