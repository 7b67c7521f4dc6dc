import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { openLibsqlFile } from "../../../src/weir/db/drivers/libsql-file.ts"
import { migrate } from "../../../src/weir/db/migrations/apply.ts"
import { readMigrations } from "../../../src/weir/db/migrations/files.ts"
import { onceApi } from "../operations/once-tables.ts"
import { type Answer, type Call, caller } from "../support/client.ts"
import { appOver, fixture } from "../support/fresh.ts"
import { type OpenApi, type Operation, parsed } from "../support/openapi.ts"

/** What the document says of `Idempotency-Key`, and that each route that it says it of takes one. */

const header = "Idempotency-Key"
const database = openLibsqlFile("file::memory:")
const callerOf = (records: boolean): Call =>
  caller(appOver(database, { subject: { ...fixture, api: onceApi(records) } }).app)
const documentOf = async (call: Call): Promise<OpenApi> => parsed((await call("GET", "/openapi.json")).text)
afterAll(() => database.close())

interface Place {
  method: string
  path: string
  operation: Operation
}
const writes = new Set(["post", "put", "patch", "delete"])
const placesOf = ({ paths }: OpenApi): Place[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  )
const isWrite = ({ method, operation }: Place): boolean =>
  writes.has(method) && operation.operationId !== "createToken"
const keyOf = ({ operation }: Place) =>
  operation.parameters?.filter(({ name }) => name.toLowerCase() === header.toLowerCase()) ?? []
const nameOf = ({ method, path }: Place) => `${method} ${path}`

const exampleOf = ({ example, schema }: { example?: unknown; schema: unknown }): unknown =>
  example ?? (schema as { example?: unknown }).example

/** The answer to a write as its document has it, with a key that no API takes. */
async function refusedKey(call: Call, { method, path, operation }: Place): Promise<Answer> {
  const at = path.replace(/\{(\w+)\}/g, (_, name) => {
    const param = operation.parameters?.find((one) => one.in === "path" && one.name === name)
    return encodeURIComponent(String((param && exampleOf(param)) ?? 1))
  })
  const media = operation.requestBody?.content["application/json"]
  const answer = await call(method.toUpperCase(), at, {
    headers: { [header]: "a b" },
    ...(media ? { json: exampleOf(media) } : {}),
  })
  expect(answer.body).toMatchObject({ errors: [{ path: "idempotency-key" }] })
  return answer
}

describe("an API with records", () => {
  const call = callerOf(true)
  let places: Place[]
  beforeAll(async () => {
    await migrate(database, readMigrations(new URL("../fixture/drizzle/sqlite", import.meta.url).pathname))
    places = placesOf(await documentOf(call))
  })

  test("documents the key, and its problems, with each write of every kind and with no read", () => {
    const kinds = places
      .filter(isWrite)
      .map(({ operation }) => /^[a-z]+/.exec(operation.operationId ?? "")?.[0])
    expect([...new Set(kinds)].sort()).toEqual(
      ["create", "delete", "link", "replace", "restore", "run", "unlink", "update"].sort(),
    )
    for (const place of places.filter(isWrite)) {
      expect(keyOf(place), nameOf(place)).toEqual([
        {
          name: header,
          in: "header",
          required: false,
          description: expect.stringContaining("Idempotency-Replayed"),
          schema: expect.objectContaining({ type: "string", minLength: 1, maxLength: 255 }),
        },
      ])
      expect(Object.keys(place.operation.responses), nameOf(place)).toEqual(
        expect.arrayContaining(["422", "500", "503"]),
      )
    }
    expect(places.filter((place) => !isWrite(place) && keyOf(place).length > 0).map(nameOf)).toEqual([])
  })

  test("looks at the key of each write that it documents, however it is reached", async () => {
    for (const place of places.filter(isWrite)) {
      const { status, text } = await refusedKey(call, place)
      expect([status, text], nameOf(place)).toEqual([422, expect.stringContaining("must be 1 to 255")])
    }
  })
})

test("an API without records documents no key, and refuses one on each write", async () => {
  const call = callerOf(false)
  const places = placesOf(await documentOf(call))
  expect(places.filter((place) => keyOf(place).length > 0).map(nameOf)).toEqual([])
  for (const place of places.filter(isWrite)) {
    const { status, text } = await refusedKey(call, place)
    expect([status, text], nameOf(place)).toEqual([422, expect.stringContaining("is not kept by this API")])
  }
})
