// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import * as oauth from "oauth4webapi"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { Answer } from "../support/client.ts"
import { password, type World, world } from "../support/world.ts"

let w: World
beforeAll(async () => {
  w = await world()
})
afterAll(() => w.close())

const form = { "content-type": "application/x-www-form-urlencoded" }
const send = (body: string, headers: Record<string, string> = {}, query = ""): Promise<Answer> =>
  w.call("POST", `/auth/token${query}`, { body, headers: { ...form, ...headers } })
const good = "username=ann&password=correct+horse"

/** The members of a refusal, and the headers that RFC 6749 asks for. */
function expectRefused(answer: Answer, error: string, code: string, status = 400): void {
  expect(answer.status, answer.text).toBe(status)
  const problem = answer.body as Record<string, unknown>
  expect(problem).toMatchObject({ type: "about:blank", status, code, error })
  expect(Object.keys(problem)).toEqual(expect.arrayContaining(["title", "detail", "request_id"]))
  // RFC 6749, 5.2: %x20-21 / %x23-5B / %x5D-7E
  expect(problem.error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
  expectNotStored(answer)
  expect(answer.headers.get("www-authenticate")).toBeNull()
}

function expectNotStored({ headers }: Answer): void {
  expect(headers.get("cache-control")).toBe("no-store")
  expect(headers.get("pragma")).toBe("no-cache")
}

describe("a request for a token", () => {
  test.each([
    ["with an unknown parameter", `${good}&resource=https%3A%2F%2Fapi.example`],
    ["with an unknown parameter twice, as RFC 8707 has it", `${good}&resource=a&resource=b`],
    ["with empty parameters, which are as left out", `${good}&grant_type=&scope=&username=&client_id=`],
    ["of a public client", `grant_type=password&client_id=spa&${good}`],
    ["with a client's secret in its body", `grant_type=password&client_id=x&client_secret=y&${good}`],
  ])("%s is answered with one", async (_, body) => {
    const answer = await send(body)
    expect(answer.status, answer.text).toBe(200)
    expect(answer.body).toMatchObject({ token_type: "bearer", expires_in: 3600 })
    expectNotStored(answer)
  })

  test("is answered whatever its Authorization header holds: it is the client's, not the user's", async () => {
    for (const authorization of [`Basic ${btoa("client:secret")}`, "Bearer stale", "Bearer", "Negotiate x"])
      expect((await send(good, { authorization })).status, authorization).toBe(200)
    expect((await send(good, {}, "?audience=here")).status).toBe(200)
  })

  test.each<[string, string, string, string, string[] | undefined]>([
    ["with a wrong password", "username=ann&password=wrong", "invalid_grant", "wrong_credentials", undefined],
    ["of nobody", "username=nobody&password=wrong", "invalid_grant", "wrong_credentials", undefined],
    ["with NUL", "username=ann%00&password=wrong", "invalid_grant", "wrong_credentials", undefined],
    ["without anything", "", "invalid_request", "invalid_request", ["username", "password"]],
    ["without a value", "username=ann&password=", "invalid_request", "invalid_request", ["password"]],
    ["with a name twice", `${good}&username=ann`, "invalid_request", "invalid_request", ["username"]],
    ["with a scope twice", `${good}&scope=a&scope=a`, "invalid_request", "invalid_request", ["scope"]],
    [
      "with a client twice",
      `${good}&client_id=a&client_id=b`,
      "invalid_request",
      "invalid_request",
      ["client_id"],
    ],
    [
      "with another grant",
      `${good}&grant_type=refresh_token`,
      "unsupported_grant_type",
      "unsupported_grant_type",
      undefined,
    ],
    [
      "with a code",
      "grant_type=authorization_code&code=x",
      "unsupported_grant_type",
      "unsupported_grant_type",
      undefined,
    ],
    ["for a scope", `${good}&scope=admin`, "invalid_scope", "invalid_scope", undefined],
    ["for a scope that is none", `${good}&scope=%22%C3%A9`, "invalid_scope", "invalid_scope", undefined],
    [
      "with a long name",
      `username=${"x".repeat(255)}&password=x`,
      "invalid_request",
      "invalid_request",
      ["username"],
    ],
    [
      "with a long password",
      `username=ann&password=${"x".repeat(201)}`,
      "invalid_request",
      "invalid_request",
      ["password"],
    ],
  ])("%s is refused by the letter", async (_, body, error, code, paths) => {
    const answer = await send(body)
    expectRefused(answer, error, code)
    const { errors } = answer.body as { errors?: { path: string }[] }
    expect(errors?.map(({ path }) => path)).toEqual(paths)
  })

  test("has its parameters in the body alone", async () => {
    expectRefused(await send("", {}, `?${good}`), "invalid_request", "invalid_request")
    expectRefused(await send(good, {}, "?password=x"), "invalid_request", "invalid_request")
  })

  test("is a form", async () => {
    const sent = [
      ["application/json", JSON.stringify({ username: "ann", password })],
      ["multipart/form-data; boundary=x", good],
      ["", good],
    ] as const
    for (const [type, body] of sent)
      expectRefused(
        await send(body, { "content-type": type }),
        "invalid_request",
        "unsupported_media_type",
        415,
      )
    const packed = await send(good, { "content-encoding": "gzip" })
    expectRefused(packed, "invalid_request", "unsupported_encoding", 415)
  })

  test("is refused as JSON where the client asks for that, and else as a problem", async () => {
    const type = async (accept: string) =>
      (await send("username=ann&password=wrong", { accept })).headers.get("content-type")
    expect(await type("application/json")).toBe("application/json")
    expect(await type("text/html, application/json;q=0.9")).toBe("application/json")
    expect(await type("*/*")).toBe("application/problem+json")
    expect(await type("application/problem+json, application/json")).toBe("application/problem+json")
  })
})

describe("a client library", () => {
  const server: oauth.AuthorizationServer = {
    issuer: "https://api.example",
    token_endpoint: "https://api.example/auth/token",
  }
  const client: oauth.Client = { client_id: "some client" }
  const options = {
    [oauth.customFetch]: async (url: string, init: object) => w.app.request(url, init as RequestInit),
  }
  const ask = async (auth: oauth.ClientAuth, parameters: Record<string, string>) =>
    oauth.processGenericTokenEndpointResponse(
      server,
      client,
      await oauth.genericTokenEndpointRequest(server, client, auth, "password", parameters, options),
    )
  const authentications: [string, oauth.ClientAuth][] = [
    ["none", oauth.None()],
    ["HTTP Basic", oauth.ClientSecretBasic("a secret: with a colon")],
    ["its body", oauth.ClientSecretPost("a secret")],
  ]

  test.each(authentications)("that authenticates by %s signs in, and uses the token", async (_, auth) => {
    const token = await ask(auth, { username: "ann@example.com", password })
    expect(token).toMatchObject({ token_type: "bearer", expires_in: 3600 })
    const url = new URL("https://api.example/users/me")
    const read = await oauth.protectedResourceRequest(
      token.access_token,
      "GET",
      url,
      undefined,
      null,
      options,
    )
    expect(await read.json()).toMatchObject({ username: "ann" })
  })

  test("is told what is wrong in its own terms", async () => {
    const refused = (parameters: Record<string, string>) =>
      ask(oauth.None(), parameters).catch((error) => error)
    const wrong = await refused({ username: "ann", password: "wrong" })
    expect(wrong).toBeInstanceOf(oauth.ResponseBodyError)
    expect(wrong).toMatchObject({ error: "invalid_grant", status: 400 })
    expect(await refused({ username: "ann", password, scope: "all" })).toMatchObject({
      error: "invalid_scope",
    })
  })

  test("is told of a token that does not hold", async () => {
    const url = new URL("https://api.example/items")
    const error = await oauth
      .protectedResourceRequest("stale", "GET", url, undefined, null, options)
      .catch((error) => error)
    expect(error).toBeInstanceOf(oauth.WWWAuthenticateChallengeError)
    expect(error.cause[0]).toMatchObject({ scheme: "bearer", parameters: { error: "invalid_token" } })
  })
})
