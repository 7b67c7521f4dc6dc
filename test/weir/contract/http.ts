import { describe, expect, test } from "vitest"
import type { Field, Resource } from "../../../src/weir/resource/resource.ts"
import { isOpen, nobody } from "../../../src/weir/resource/rules.ts"
import type { Answer } from "../support/client.ts"
import { absentKey, keyOf } from "../support/keys.ts"
import { changeableBy, inputName, isCreatable, type Row, rowOf, targetsOf } from "../support/samples.ts"
import { type Contract, contractWorlds, topKind } from "./world.ts"

/** The contract of every resource, on methods, paths, and the bounds of its fields. */
export function httpContract(contract: Contract): void {
  const { api } = contract
  const kind = topKind(api)
  const world = contractWorlds(contract)
  const served = api.resources.filter((r) => isOpen(r.rules.read, kind))
  const send = (method: string, path: string, json?: unknown) =>
    world().call(method, path, { token: world().root.token, ...(json === undefined ? {} : { json }) })
  const named = (answer: Answer): string[] =>
    ((answer.body as { errors?: { path: string }[] }).errors ?? []).map((e) => e.path)

  describe.each(served)("paths: $name", (resource) => {
    const aRow = (): Promise<Row> => world().maker.row(resource)

    test("every GET answers HEAD, and a trailing slash changes nothing", async () => {
      const row = await aRow()
      for (const { path } of routesOf(resource, row[keyOf(resource)])) {
        const answer = await send("GET", path)
        const head = await send("HEAD", path)
        expect([head.status, head.text], path).toEqual([200, ""])
        for (const name of ["content-type", "link"])
          expect(head.headers.get(name)).toBe(answer.headers.get(name))
        const slashed = await send("GET", `${path}/`)
        expect([slashed.status, slashed.body], `${path}/`).toEqual([200, answer.body])
      }
      expect((await send("HEAD", `/${resource.name}/${absentKey(resource)}`)).status).toBe(404)
      if (!isCreatable(resource, kind)) return
      const created = await send("POST", `/${resource.name}/`, await world().maker.body(resource))
      expect(created.status, created.text).toBe(201)
      const [field] = changeableBy(resource, kind)
      const one = `${created.headers.get("location")}/`
      if (field && isOpen(resource.rules.update, kind)) {
        const patch = { [inputName(field)]: await world().maker.value(resource, field) }
        expect((await send("PATCH", one, patch)).status).toBe(200)
      }
      if (isOpen(resource.rules.delete, kind)) expect((await send("DELETE", one)).status).toBe(204)
    })

    test("another method is a 405 that says which are allowed", async () => {
      const row = await aRow()
      for (const { path, methods } of routesOf(resource, row[keyOf(resource)]))
        for (const method of ["PUT", "DELETE", "PATCH", "POST"].filter((m) => !methods.includes(m))) {
          const answer = await send(method, path, {})
          expect(answer.status, `${method} ${path}`).toBe(405)
          expect(answer.headers.get("allow")?.split(", ").sort()).toEqual([...methods].sort())
        }
    })

    test("an id that no row can have is a 404 or a 422", async () => {
      const ids = [
        "0",
        "-1",
        "9223372036854775807",
        "9223372036854775808",
        "1e3",
        "1.5",
        "x",
        "%00",
        "9".repeat(60),
      ]
      for (const id of ids)
        for (const { path, methods } of routesOf(resource, id).slice(1))
          for (const method of methods) {
            const json = method === "POST" || method === "PATCH" ? await bodyFor(path, method) : undefined
            const answer = await send(method, path, json)
            expect([404, 422], `${method} ${path}: ${answer.text}`).toContain(answer.status)
          }
    })

    /** A good body, so that only the id is wrong. */
    async function bodyFor(path: string, method: string): Promise<Row> {
      const relation = Object.values(resource.relations).find((r) => path.endsWith(`/${r.name}`))
      if (method === "POST" && relation) {
        const { [relation.foreign[0] as string]: _, ...rest } = await world().maker.body(relation.target)
        return rest
      }
      const [field] = changeableBy(resource, kind)
      return field ? { [inputName(field)]: await world().maker.value(resource, field) } : {}
    }
  })

  describe.each(served.filter((r) => isCreatable(r, kind) && isOpen(r.rules.update, kind)))(
    "bounds: $name",
    (resource) => {
      const path = `/${resource.name}`

      test("refuses what does not fit a field, by the field's name", async () => {
        const [row, body] = [await world().maker.row(resource), await world().maker.body(resource)]
        const refused = (answer: Answer, name: string, misfit: unknown) => {
          expect(answer.status, `${name}: ${JSON.stringify(misfit)}: ${answer.text}`).toBe(422)
          expect(new Set(named(answer))).toEqual(new Set([name]))
        }
        for (const field of changeableBy(resource, kind)) {
          const name = inputName(field)
          for (const misfit of misfits(field)) {
            refused(await send("PATCH", `${path}/${row[keyOf(resource)]}`, { [name]: misfit }), name, misfit)
            refused(await send("POST", path, { ...body, [name]: misfit }), name, misfit)
          }
          // JSON can spell numbers that JavaScript cannot hold.
          for (const number of ["integer", "real"].includes(field.spec.type) ? ["1e309", "-1e309"] : []) {
            const text = JSON.stringify({ ...body, [name]: "§" }).replace('"§"', number)
            const headers = { "content-type": "application/json" }
            refused(
              await world().call("POST", path, { token: world().root.token, body: text, headers }),
              name,
              number,
            )
          }
        }
      })

      const free = (field: Field) =>
        field.spec.type === "text" &&
        !field.spec.values &&
        !field.spec.pattern &&
        !field.spec.format &&
        !field.secret
      const texts = changeableBy(resource, kind).filter(free)
      const numbers = changeableBy(resource, kind).filter(
        (f) => ["integer", "real"].includes(f.spec.type) && !targetsOf(api, resource).has(f.name),
      )

      if (texts.length > 0)
        test("takes text up to its bound, counted in characters, and trims it", async () => {
          const one = `${path}/${(await world().maker.row(resource))[keyOf(resource)]}`
          for (const { name, spec } of texts) {
            const { min = 1, max = 1 } = spec
            // The document's maxLength counts characters (RFC 8259), and so do both databases: so must the server.
            for (const text of ["x".repeat(max), "x".repeat(min), "é".repeat(max), "😀".repeat(max)]) {
              const answer = await send("PATCH", one, { [name]: text })
              expect(answer.status, `${name}: ${text.length} units: ${answer.text}`).toBe(200)
              expect(rowOf(answer)[name]).toBe(text)
            }
            const inner = "x \t\n y".slice(0, Math.max(max, 1)).padEnd(min, "x")
            expect(rowOf(await send("PATCH", one, { [name]: ` \n${inner}\t ` }))[name]).toBe(inner.trim())
          }
        })

      if (numbers.length > 0)
        test("takes numbers up to their bounds", async () => {
          const one = `${path}/${(await world().maker.row(resource))[keyOf(resource)]}`
          for (const { name, spec } of numbers)
            for (const number of [spec.min ?? -5, spec.max ?? 2 ** 53 - 1, (spec.min ?? 0) + 1]) {
              const answer = await send("PATCH", one, { [name]: number })
              expect(answer.status, `${name}: ${number}: ${answer.text}`).toBe(200)
              expect(rowOf(answer)[name]).toBe(number)
            }
        })
    },
  )
}

/** The routes of a resource: path, and the methods that its rules open to somebody. */
function routesOf(resource: Resource, id: unknown): { path: string; methods: string[] }[] {
  const { read, create, update, delete: remove } = resource.rules
  const when = (rule: typeof read, ...methods: string[]) => (rule === nobody ? [] : methods)
  const routes = [
    { path: `/${resource.name}`, methods: [...when(read, "GET", "HEAD"), ...when(create, "POST")] },
    {
      path: `/${resource.name}/${id}`,
      methods: [...when(read, "GET", "HEAD"), ...when(update, "PATCH"), ...when(remove, "DELETE")],
    },
  ]
  for (const { kind, local, name, target, via } of Object.values(resource.relations))
    if (kind === "many" && local[0] === keyOf(resource))
      routes.push({
        path: `/${resource.name}/${id}/${name}`,
        methods: [
          ...when(target.rules.read, "GET", "HEAD"),
          ...when(via ? nobody : target.rules.create, "POST"),
        ],
      })
  return routes
}

/** Values that do not fit a field. */
function misfits({ spec, secret }: Field): unknown[] {
  const { type, min, max, values, format } = spec
  if (secret)
    return [1, "x".repeat(secret.min - 1), "x".repeat(secret.max + 1), "nul\0".padEnd(secret.min, "x")]
  const below = min === undefined ? [] : [min - 1]
  const above = max === undefined ? [] : [max + 1]
  switch (type) {
    case "text":
      return [
        ...[1, true, {}, ["x"], "n\0l".padEnd(min ?? 0, "x"), `\ud800${"x".repeat(min ?? 0)}`],
        ...(max === undefined ? [] : ["x".repeat(max + 1)]),
        ...(min ? ["x".repeat(min - 1), `${"x".repeat(min - 1)}  `] : []),
        ...(values ? ["no such value"] : []),
        ...(format === "email" ? ["ann", "ann@", "@example.com", "a b@example.com", "a@b"] : []),
      ]
    case "id":
    case "integer":
      return ["1", 1.5, 2 ** 53, -(2 ** 53), 1e21, true, {}, ...below, ...above]
    case "real":
      return ["1", true, [], {}, ...below, ...above]
    case "boolean":
      return [0, 1, "true", {}]
    case "timestamp":
      return [1, "yesterday", "2026-02-30T00:00:00Z", "2026-01-01", "2026-01-01T25:00:00Z", {}]
    case "json":
      return []
    case "uuid":
      return [1, "x", "0190a5c4-7d1e-7cc0-8f6a-0a1b2c3d4e5", {}]
    case "bigint":
      return ["1.5", "x", "", "9223372036854775808", "-9223372036854775809", 2 ** 53, 1.5, true, {}]
    case "decimal":
      return ["x", "", "1e5", `0.${"1".repeat((spec.scale ?? 0) + 1)}`, "9".repeat(19), true, {}]
    case "date":
      return [1, "2026-02-31", "2026-1-1", "0000-01-01", "+010000-01-01", "2026-01-01T00:00:00Z", {}]
    case "time":
      return [1, "12:00", "24:00:01", "12:00:00Z", "12:60:00", {}]
    case "bytes":
      return [1, "*", Buffer.alloc((max ?? 0) + 1).toString("base64"), {}]
    default:
      return [true, {}]
  }
}
