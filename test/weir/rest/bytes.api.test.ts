// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { createRoute, z } from "@hono/zod-openapi"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { route } from "../../../src/weir/http/route.ts"
import { apiOf } from "../support/app-of.ts"
import { type Answer, caller } from "../support/client.ts"
import { appOver, fixture } from "../support/fresh.ts"
import { tablesOf } from "../support/scenarios.ts"
import { type World, world } from "../support/world.ts"

/** Bytes that are no UTF-8 are refused wherever they stand, and all others come back as they were. */
let w: World
beforeEach(async () => {
  w = await world()
})
afterEach(() => w.close())

const json = "application/json"
const form = "application/x-www-form-urlencoded"

/** Text in which `\xe9` is the byte E9. */
const bytes = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0))
const send = (method: string, path: string, body: Uint8Array | string, type = json, token = w.ann.token) =>
  w.call(method, path, { token, body, headers: { "content-type": type } })
const errorsOf = ({ body }: Answer) =>
  (body as { errors?: { path: string; code: string }[] }).errors?.map(({ path, code }) => [path, code])

/** RFC 3629, 3 and 10. */
const notUtf8 = {
  "Latin-1": "Caf\xe9",
  "a lone byte of a sequence": "\x80",
  "a sequence cut short": "\xe2\x82",
  "an overlong slash": "\xc0\xaf",
  "an overlong NUL": "\xc0\x80",
  "half a surrogate pair": "\xed\xa0\x80",
  "a surrogate pair (CESU-8)": "\xed\xa0\xbd\xed\xb8\x80",
  "beyond U+10FFFF": "\xf4\x90\x80\x80",
  "a byte that UTF-8 never has": "\xff",
}

describe.each(Object.entries(notUtf8))("%s", (_, wrong) => {
  test("is refused in a body, and nothing is stored", async () => {
    const before = await tablesOf(w)
    for (const [method, path] of [
      ["POST", "/items"],
      ["PATCH", "/items/1"],
      ["POST", "/users/1/items"],
      ["POST", "/items/1/transfers"],
    ] as const)
      for (const text of [`{"title":"${wrong}","price":1}`, `{"title":"x","price":1}${wrong}`]) {
        const answer = await send(method, path, bytes(text))
        expect([answer.status, errorsOf(answer)], answer.text).toEqual([422, [["body", "malformed_json"]]])
        expect(answer.text).toContain("UTF-8")
      }
    expect(await tablesOf(w)).toEqual(before)
  })

  test("is refused in a query string", async () => {
    const encoded = [...bytes(wrong)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("")
    const named = async (path: string) => {
      const answer = await w.call("GET", path)
      return [answer.status, errorsOf(answer)]
    }
    expect(await named(`/items?title=${encoded}`)).toEqual([422, [["title", "invalid_text"]]])
    expect(await named(`/items?price=1&title[in]=a,${encoded}`)).toEqual([
      422,
      [["title[in]", "invalid_text"]],
    ])
    expect(await named(`/items?include=owner&owner.username=${encoded}`)).toEqual([
      422,
      [["owner.username", "invalid_text"]],
    ])
    expect(await named(`/users/1/items?title=${encoded}`)).toEqual([422, [["title", "invalid_text"]]])
    expect((await named(`/items/1?${encoded}=x`))[0]).toBe(422)
    const write = await w.call("POST", `/items?${encoded}=x`, { token: w.ann.token, json: {} })
    expect([write.status, errorsOf(write)]).toEqual([422, [[encoded, "invalid_text"]]])
    expect(await named(`/items/${encoded}`)).toEqual([422, [["id", "invalid_integer"]]])
  })

  test("is refused in the form of a sign-in, raw and percent-encoded", async () => {
    const raw = await send("POST", "/auth/token", bytes(`username=ann&password=${wrong}`), form)
    expect([raw.status, errorsOf(raw)], raw.text).toEqual([400, [["body", "invalid_text"]]])
    const encoded = [...bytes(wrong)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("")
    const answer = await send("POST", "/auth/token", `username=ann&password=${encoded}`, form)
    expect([answer.status, errorsOf(answer)], answer.text).toEqual([400, [["password", "invalid_text"]]])
    const named = await send("POST", "/auth/token", `username=${encoded}&password=x`, form)
    expect(errorsOf(named), named.text).toEqual([["username", "invalid_text"]])
  })
})

test("what is UTF-8 comes back byte for byte: U+FFFD itself, noncharacters, the highest code point", async () => {
  for (const title of [
    "\ufffd",
    "\ufffe\uffff",
    "\u{10ffff}",
    "\u{1f600}é\u0301",
    "\u007f\u0080",
    "a\ufeffb",
  ]) {
    const made = await send("POST", "/items", JSON.stringify({ title, price: 1 }))
    expect([made.status, (made.body as { title: string }).title], made.text).toEqual([201, title])
    const found = await w.call("GET", `/items?title=${encodeURIComponent(title)}&fields=title`)
    expect(found.body).toEqual([{ title }])
  }
})

test("one byte order mark in front of a body is ignored, a second is no JSON", async () => {
  const mark = "\xef\xbb\xbf"
  expect((await send("POST", "/items", bytes(`${mark}{"title":"x","price":1}`))).status).toBe(201)
  const twice = await send("POST", "/items", bytes(`${mark}${mark}{"title":"x","price":1}`))
  expect([twice.status, errorsOf(twice)]).toEqual([422, [["body", "malformed_json"]]])
  const utf16 = Uint8Array.from([0xfe, 0xff, ...[..."{}"].flatMap((char) => [0, char.charCodeAt(0)])])
  expect(errorsOf(await send("POST", "/items", utf16))).toEqual([["body", "malformed_json"]])
})

test("half a surrogate pair as an escape is refused at its place", async () => {
  const lone = await send("POST", "/items", '[{"title":"x","price":1},{"title":"\\ud800","price":1}]')
  expect([lone.status, errorsOf(lone)], lone.text).toMatchObject([422, [["1.title", "custom"]]])
  const pair = await send("POST", "/items", '{"title":"\\ud83d\\ude00","price":1}')
  expect(pair.body).toMatchObject({ title: "😀" })
})

test("a body in another charset is a 415; UTF-8 may be named in any way", async () => {
  const item = '{"title":"x","price":1}'
  for (const charset of [
    "latin1",
    "ISO-8859-1",
    "utf-16",
    '"utf-7"',
    "utf-8; charset=latin1",
    "",
    "\xe9",
    "'utf-8'",
  ]) {
    const answer = await send("POST", "/items", item, `application/json; charset=${charset}`)
    expect([answer.status, answer.body], charset).toMatchObject([415, { code: "unsupported_media_type" }])
    const signIn = await send("POST", "/auth/token", "username=ann&password=x", `${form};charset=${charset}`)
    expect(signIn.status, charset).toBe(415)
  }
  for (const type of [
    "application/json; charset=utf-8",
    'application/json;charset="UTF-8"',
    "Application/JSON ; Charset = Utf8",
    "application/json; charset=utf-8; profile=x",
  ])
    expect((await send("POST", "/items", item, type)).status, type).toBe(201)
  const signIn = await send(
    "POST",
    "/auth/token",
    "username=ann&password=correct+horse",
    `${form}; charset=UTF-8`,
  )
  expect(signIn.status, signIn.text).toBe(200)
})

test("hand-written routes refuse them, too: in paths, query strings and forms", async () => {
  const seen: string[] = []
  const echo = route(
    createRoute({
      method: "post",
      path: "/echo/{word}",
      request: {
        params: z.object({ word: z.string() }),
        query: z.object({ q: z.string().optional() }),
        body: { content: { [form]: { schema: z.object({ text: z.string() }) } } },
      },
      responses: { 200: { description: "What was sent" } },
    }),
    (c) => {
      seen.push(c.req.valid("param").word, c.req.valid("query").q ?? "", c.req.valid("form").text)
      return c.body(null, 200)
    },
  )
  const { app } = appOver(w.database, {
    subject: { ...fixture, api: { ...apiOf(), routes: [echo] } },
    cache: w.cache,
  })
  const call = caller(app)
  const post = (path: string, body: Uint8Array | string) =>
    call("POST", path, { body, headers: { "content-type": form } })
  for (const [path, body, culprit] of [
    ["/echo/%ff", "text=x", "url"],
    ["/echo/a?q=%C3", "text=x", "q"],
    ["/echo/a", "text=%C3", "text"],
    ["/echo/a", bytes("text=\xe9"), "body"],
  ] as const) {
    const answer = await post(path, body)
    expect([answer.status, errorsOf(answer)], answer.text).toEqual([422, [[culprit, "invalid_text"]]])
  }
  expect(seen).toEqual([])
  expect((await post("/echo/%C3%A9?q=100%&%zz=1", "text=%C3%A9+x")).status).toBe(200)
  expect(seen).toEqual(["é", "100%", "é x"])
})
