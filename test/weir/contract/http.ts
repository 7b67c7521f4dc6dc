import { describe, expect, test } from "vitest"
import type { Field, Resource } from "../../../src/weir/resource/resource.ts"
import { isOpen, nobody } from "../../../src/weir/resource/rules.ts"
import type { Answer } from "../support/client.ts"
import { absentSegment, pathOf, segmentOf } from "../support/keys.ts"
import {
  changeableBy,
  inputName,
  isCreatable,
  jointColumns,
  type Row,
  rowOf,
  targetsOf,
  writableBy,
} from "../support/samples.ts"
import { type Contract, contractWorlds, isOverKey, keyed, topKind } from "./world.ts"

/** The contract of every resource, on methods, paths, and the bounds of its fields. */
export function httpContract(contract: Contract): void {
  const { api } = contract
  const kind = topKind(api)
  const world = contractWorlds(contract)
  const served = keyed(api).filter((r) => isOpen(r.rules.read, kind))
  const send = (method: string, path: string, json?: unknown) =>
    world().call(method, path, { token: world().root.token, ...(json === undefined ? {} : { json }) })
  const named = (answer: Answer): string[] =>
    ((answer.body as { errors?: { path: string }[] }).errors ?? []).map((e) => e.path)

  /** The fields of which one alone may be changed. */
  const patchable = (resource: Resource) =>
    changeableBy(resource, kind).filter(({ name }) => !jointColumns(api, resource).has(name))

  describe.each(served)("paths: $name", (resource) => {
    const aRow = (): Promise<Row> => world().maker.row(resource)

    test("every GET answers HEAD, and a trailing slash changes nothing", async () => {
      const row = await aRow()
      for (const { path } of routesOf(resource, segmentOf(resource, row))) {
        const answer = await send("GET", path)
        const head = await send("HEAD", path)
        expect([head.status, head.text], path).toEqual([200, ""])
        for (const name of ["content-type", "link"])
          expect(head.headers.get(name)).toBe(answer.headers.get(name))
        const slashed = await send("GET", `${path}/`)
        expect([slashed.status, slashed.body], `${path}/`).toEqual([200, answer.body])
      }
      const absent = absentSegment(resource)
      if (absent) expect((await send("HEAD", `/${resource.name}/${absent}`)).status).toBe(404)
      if (!isCreatable(resource, kind)) return
      const created = await send("POST", `/${resource.name}/`, await world().maker.body(resource))
      expect(created.status, created.text).toBe(201)
      const [field] = patchable(resource)
      const one = `${created.headers.get("location")}/`
      if (field && isOpen(resource.rules.update, kind)) {
        const patch = { [inputName(field)]: await world().maker.value(resource, field) }
        expect((await send("PATCH", one, patch)).status).toBe(200)
      }
      if (isOpen(resource.rules.delete, kind)) expect((await send("DELETE", one)).status).toBe(204)
    })

    test("another method is a 405 that says which are allowed", async () => {
      const row = await aRow()
      for (const { path, methods, isList } of routesOf(resource, segmentOf(resource, row))) {
        // A list is read by QUERY as well.
        const all = isList && methods.includes("GET") ? [...methods, "QUERY"] : methods
        for (const method of ["PUT", "DELETE", "PATCH", "POST"].filter((m) => !methods.includes(m))) {
          const answer = await send(method, path, {})
          expect(answer.status, `${method} ${path}`).toBe(405)
          expect(answer.headers.get("allow")?.split(", ").sort()).toEqual([...all].sort())
        }
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
      const { keys } = resource
      // Too few parts of a key, and as many as it has.
      for (const id of keys.length > 1 ? [...ids, ...ids.map((id) => keys.map(() => id).join(","))] : ids)
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
        const body = await world().maker.body(relation.target)
        return Object.fromEntries(Object.entries(body).filter(([name]) => !relation.foreign.includes(name)))
      }
      const [field] = patchable(resource)
      return field ? { [inputName(field)]: await world().maker.value(resource, field) } : {}
    }
  })

  describe.each(served.filter((r) => isCreatable(r, kind) && isOpen(r.rules.update, kind)))(
    "bounds: $name",
    (resource) => {
      const path = `/${resource.name}`
      const changeable = changeableBy(resource, kind)

      test("refuses what does not fit a field, by the field's name", async () => {
        const [row, body] = [await world().maker.row(resource), await world().maker.body(resource)]
        const refused = (answer: Answer, name: string, misfit: unknown) => {
          expect(answer.status, `${name}: ${JSON.stringify(misfit)}: ${answer.text}`).toBe(422)
          expect(new Set(named(answer))).toEqual(new Set([name]))
        }
        for (const field of writableBy(resource, kind)) {
          const name = inputName(field)
          for (const misfit of misfits(field)) {
            if (changeable.includes(field))
              refused(await send("PATCH", pathOf(resource, row), { [name]: misfit }), name, misfit)
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
        !field.secret &&
        !field.spec.schema &&
        !targetsOf(api, resource).has(field.name)
      const texts = changeable.filter(free)
      const numbers = changeable.filter(
        (f) => ["integer", "real"].includes(f.spec.type) && !targetsOf(api, resource).has(f.name),
      )

      if (texts.length > 0)
        test("takes text up to its bound, counted in characters, and trims that of the vocabulary", async () => {
          const one = pathOf(resource, await world().maker.row(resource))
          for (const { name, spec, read } of texts) {
            const { min = 1, max = spec.length ?? longText, inferred = false } = spec
            const shown = isOpen(read, kind)
            // The document's maxLength counts characters (RFC 8259), and so do both databases: so must the server.
            for (const text of ["x".repeat(max), "x".repeat(min), "é".repeat(max), "😀".repeat(max)]) {
              const answer = await send("PATCH", one, { [name]: text })
              expect(answer.status, `${name}: ${text.length} units: ${answer.text}`).toBe(200)
              if (shown) expect(rowOf(answer)[name]).toBe(text)
            }
            if (inferred) {
              // What pads a `char` is left out.
              const sent = max < longText || spec.sqlType === "bpchar" ? "x" : " \n x \t y\t "
              const answer = await send("PATCH", one, { [name]: sent })
              if (shown) expect(rowOf(answer)[name]).toBe(sent)
              continue
            }
            const inner = "x \t\n y".slice(0, Math.max(max, 1)).padEnd(min, "x")
            expect(rowOf(await send("PATCH", one, { [name]: ` \n${inner}\t ` }))[name]).toBe(inner.trim())
          }
        })

      if (numbers.length > 0)
        test("takes numbers up to their bounds", async () => {
          const one = pathOf(resource, await world().maker.row(resource))
          for (const { name, spec } of numbers)
            for (const number of [spec.min ?? -5, spec.max ?? largest(spec), (spec.min ?? 0) + 1]) {
              const answer = await send("PATCH", one, { [name]: number })
              expect(answer.status, `${name}: ${number}: ${answer.text}`).toBe(200)
              expect(rowOf(answer)[name]).toBe(number)
            }
        })
    },
  )
}

/** The routes of a resource: path, and the methods that its rules open to somebody. */
function routesOf(resource: Resource, id: string): { path: string; methods: string[]; isList: boolean }[] {
  const { read, create, update, delete: remove } = resource.rules
  const when = (rule: typeof read, ...methods: string[]) => (rule === nobody ? [] : methods)
  const routes = [
    {
      path: `/${resource.name}`,
      methods: [
        ...when(read, "GET", "HEAD"),
        ...when(create, "POST"),
        ...(resource.options.bulk ? [...when(update, "PATCH"), ...when(remove, "DELETE")] : []),
      ],
      isList: true,
    },
    {
      path: `/${resource.name}/${id}`,
      methods: [...when(read, "GET", "HEAD"), ...when(update, "PATCH"), ...when(remove, "DELETE")],
      isList: false,
    },
  ]
  for (const relation of Object.values(resource.relations)) {
    const { kind, name, target, via } = relation
    if (kind === "many" && isOverKey(relation))
      routes.push({
        path: `/${resource.name}/${id}/${name}`,
        methods: [
          ...when(target.rules.read, "GET", "HEAD"),
          ...when(via ? nobody : target.rules.create, "POST"),
        ],
        isList: true,
      })
  }
  return routes
}

/** The characters of a text without a bound that are tried. */
const longText = 5_000

/** A number of four bytes holds whole numbers up to 2^24. */
const largest = ({ sqlType }: Field["spec"]): number => (sqlType === "real" ? 2 ** 24 : 2 ** 53 - 1)

/** Values that do not fit the types that the vocabulary keeps exact; undefined for others. */
function exactMisfits({ type, max, scale = 0 }: Field["spec"]): unknown[] | undefined {
  switch (type) {
    case "bigint":
      return ["1.5", "x", "", "9223372036854775808", "-9223372036854775809", 2 ** 53, 1.5, true, {}]
    case "decimal":
      return ["x", "", "1e5", `0.${"1".repeat(scale + 1)}`, "9".repeat(19), true, {}]
    case "date":
      return [1, "2026-02-31", "2026-1-1", "0000-01-01", "+010000-01-01", "2026-01-01T00:00:00Z", {}]
    case "time":
      return [1, "12:00", "24:00:01", "12:00:00Z", "12:60:00", {}]
    case "bytes":
      return [1, "*", Buffer.alloc((max ?? 0) + 1).toString("base64"), {}]
  }
}

/** Values that do not fit a field. */
function misfits(field: Field): unknown[] {
  const { spec, secret } = field
  const { type, min, values, format, max = spec.length } = spec
  if (secret)
    return [1, "x".repeat(secret.min - 1), "x".repeat(secret.max + 1), "nul\0".padEnd(secret.min, "x")]
  const exact = spec.inferred ? undefined : exactMisfits(spec)
  if (exact) return exact
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
      return [1, true, {}, "x", "00000000-0000-4000-8000-00000000000g"]
    case "bigint":
      return [true, {}, "x", "1.5", "9223372036854775808"]
    case "decimal":
      return [true, {}, "x", "", "1,5", "NaN"]
    case "date":
      return [1, {}, "yesterday", "2026-02-31", "2026-01-01T00:00:00Z"]
    case "time":
      return [1, {}, "noon", "25:00:00", "12:61:00"]
    case "local_timestamp":
      return [1, {}, "yesterday", "2026-02-30T00:00:00", "2026-01-01T25:00:00"]
    case "interval":
      return [1, {}, "a day", "1 day"]
    case "bytes":
      return [1, {}, "?"]
    case "vector":
      return [1, "x", {}, ["x"], [null]]
    case "array":
      return [1, "x", {}]
    case "opaque":
      return [1, true, {}]
  }
}
