import { describe, expect, test } from "vitest"
import type { Field, Resource } from "../../../src/weir/resource/resource.ts"
import { isOpen } from "../../../src/weir/resource/rules.ts"
import type { Answer } from "../support/client.ts"
import { absentValues, keyFilter, only, pathOf } from "../support/keys.ts"
import {
  changeableBy,
  inputName,
  isCreatable,
  isRemade,
  jointColumns,
  type Person,
  type Row,
  rowOf,
  rowsOf,
  targetsOf,
  writableBy,
} from "../support/samples.ts"
import { checked } from "./checked.ts"
import { type Contract, contractWorlds, keyed, topKind } from "./world.ts"

/** The contract of every resource, on writes: what its fields say, held against what it does. */
export function rowContract(contract: Contract): void {
  const { api } = contract
  const kind = topKind(api)
  const world = contractWorlds(contract)
  const open = (rule: "update" | "delete") => (r: Resource) => isOpen(r.rules[rule], kind)
  const served = keyed(api).filter((r) => isOpen(r.rules.read, kind))
  /** The columns whose values no other row may have, but for references to rows of the table itself. */
  const uniqueOf = (resource: Resource) =>
    writableBy(resource, kind).filter((f) => f.unique && targetsOf(api, resource).get(f.name) !== resource)
  /** Whether a create must set the field: without accounts, nothing is a viewer's. */
  const isRequired = (field: Field) =>
    !field.optional ||
    (kind === "anonymous" && field.initially !== undefined && !field.nullable && !field.column.hasDefault)
  /** The columns that refer to rows, one by one, and may be set. */
  const referring = (resource: Resource) =>
    writableBy(resource, kind).filter(
      ({ name }) => targetsOf(api, resource).has(name) && !jointColumns(api, resource).has(name),
    )
  const creatable = served.filter((r) => isCreatable(r, kind))

  const as = (person: Person, json?: unknown) => ({
    token: person.token,
    ...(json === undefined ? {} : { json }),
  })
  const send = (method: string, path: string, json?: unknown) =>
    world().call(method, path, as(world().root, json))
  /** How many rows the admin sees. */
  const count = async (name: string) =>
    Number((await send("GET", `/${name}?limit=1&count=exact`)).headers.get("x-total-count"))
  /** The paths that a problem names. */
  const named = (answer: Answer): string[] =>
    ((answer.body as { errors?: { path: string }[] }).errors ?? []).map((e) => e.path)
  const lastPart = (path: string) => path.split(".").at(-1)

  describe.each(creatable)("creating: $name", (resource) => {
    const path = `/${resource.name}`
    const writable = writableBy(resource, kind)

    test("answers 201 with the row, and Location leads to it", async () => {
      for (let i = 0; i < 4; i++) {
        const body = await world().maker.body(resource)
        const created = await send("POST", path, body)
        expect(created.status, created.text).toBe(201)
        const row = rowOf(created)
        expect(created.headers.get("location")).toBe(pathOf(resource, row))
        for (const field of writable)
          if (field.secret) expect(created.text).not.toContain(body[field.secret.as] as string)
          else if (isOpen(field.read, kind)) expect(row[field.name], field.name).toEqual(body[field.name])
        const read = await send("GET", `${created.headers.get("location")}?include=`)
        expect(read.body).toEqual(row)
        expect(Object.keys(rowOf(read))).toEqual(Object.keys(row))
      }
    })

    test("needs the required members only, and names those that are missing", async () => {
      const required = writable.filter(isRequired)
      const least = (row: Row) => Object.fromEntries(required.map((f) => [inputName(f), row[inputName(f)]]))
      const answer = await send("POST", path, least(await world().maker.body(resource)))
      expect(answer.status, answer.text).toBe(201)
      const body = least(await world().maker.body(resource))
      for (const field of required) {
        const { [inputName(field)]: _, ...rest } = body
        const refused = await send("POST", path, rest)
        expect(refused.status, refused.text).toBe(422)
        expect(named(refused)).toEqual([inputName(field)])
      }
    })

    test("creates many at once, in their order", async () => {
      const bodies = [
        await world().maker.body(resource),
        await world().maker.body(resource),
        await world().maker.body(resource),
      ]
      const created = await send("POST", path, bodies)
      expect(created.status, created.text).toBe(201)
      const rows = rowsOf(created)
      expect(rows.length).toBe(bodies.length)
      const given = resource.keys.filter((key) => bodies[0] && Object.hasOwn(bodies[0], key))
      for (const key of resource.keys)
        if (!given.includes(key)) {
          const keys = rows.map((row) => Number(row[key]))
          expect(keys).toEqual([...keys].sort((a, b) => a - b))
        }
      for (const [i, row] of rows.entries()) {
        expect(only(row, given)).toEqual(only(bodies[i] as Row, given))
        expect((await send("GET", `${pathOf(resource, row)}?include=`)).body).toEqual(row)
      }
    })

    test("creates all or nothing", async () => {
      const taken = await world().maker.body(resource)
      expect((await send("POST", path, taken)).status).toBe(201)
      const before = await count(resource.name)
      const body = () => world().maker.body(resource)
      const refused = async (statuses: number[], rows: Row[]) => {
        const answer = await send("POST", path, rows)
        expect(statuses, answer.text).toContain(answer.status)
        expect(await count(resource.name)).toBe(before)
      }
      await refused([422], [])
      await refused([422], [await body(), { ...(await body()), no_such_field: 1 }])
      for (const field of uniqueOf(resource)) {
        await refused([409], [await body(), { ...(await body()), [field.name]: taken[field.name] }])
        const twin = await body()
        await refused([409], [twin, { ...(await body()), [field.name]: twin[field.name] }])
      }
      for (const field of referring(resource))
        for (const nothing of absentValues(field))
          await refused([409, 422], [await body(), { ...(await body()), [field.name]: nothing }])
    })
  })

  describe.each(creatable.filter(open("update")))("updating: $name", (resource) => {
    const joint = jointColumns(api, resource)
    const changeable = changeableBy(resource, kind).filter(({ name }) => !joint.has(name))
    const at = (row: Row) => pathOf(resource, row)
    const constant = (row: Row) =>
      Object.fromEntries(
        Object.entries(row).filter(([name]) => {
          const field = resource.fields[name]
          return !field || !isRemade(field)
        }),
      )

    const hasFields = changeable.length > 0 ? false : "no field can be changed by itself"
    checked("changes each field, and nothing else", hasFields, async () => {
      for (const field of changeable) {
        // Only an admin may change a secret without the present one.
        if (field.secret && kind !== "admin") continue
        const before = await world().maker.row(resource)
        const name = inputName(field)
        const value = await world().maker.otherValue(resource, field, before[field.name])
        for (const type of ["application/json", "application/merge-patch+json"]) {
          const headers = { "content-type": type }
          const answer = await world().call("PATCH", at(before), {
            ...as(world().root, { [name]: value }),
            headers,
          })
          expect(answer.status, `${name}: ${answer.text}`).toBe(200)
          const changed = field.secret || !isOpen(field.read, kind) ? {} : { [name]: value }
          expect({ ...constant(rowOf(answer)), ...only(rowOf(answer), Object.keys(changed)) }, name).toEqual({
            ...constant(before),
            ...changed,
          })
          expect((await send("GET", `${at(before)}?include=`)).body).toEqual(answer.body)
        }
        const nulled = await send("PATCH", at(before), { [name]: null })
        expect(nulled.status, `${name}: ${nulled.text}`).toBe(field.nullable ? 200 : 422)
        if (field.nullable && isOpen(field.read, kind)) expect(rowOf(nulled)[name], name).toBeNull()
        if (!field.nullable) expect(named(nulled)).toEqual([name])
      }
    })

    test("refuses an empty patch, unknown members and what only the database sets", async () => {
      const row = await world().maker.row(resource)
      expect((await send("PATCH", at(row), {})).status).toBe(422)
      const closed = Object.values(resource.fields).filter((f) => f.write === undefined || f.secret)
      for (const name of ["no_such_field", "__proto__x", ...closed.map((f) => f.name)]) {
        const patched = await send("PATCH", at(row), { [name]: 1 })
        expect(patched.status, patched.text).toBe(422)
        expect(named(patched)).toEqual([name])
        const created = await send("POST", `/${resource.name}`, {
          ...(await world().maker.body(resource)),
          [name]: 1,
        })
        expect(created.status, created.text).toBe(422)
        expect(named(created)).toEqual([name])
      }
      // A key is given once, and stays.
      const whole = Object.values(resource.fields).filter((f) => resource.keys.includes(f.name) && f.write)
      for (const field of whole) {
        const value = await world().maker.value(resource, field)
        const patched = await send("PATCH", at(row), { [field.name]: value })
        expect([403, 422], patched.text).toContain(patched.status)
        expect(named(patched)).toEqual([field.name])
      }
      expect((await send("GET", `${at(row)}?include=`)).body).toEqual(row)
    })

    const isUnique = uniqueOf(resource).length > 0 ? false : "no column is unique by itself"
    checked("names the unique field that is taken, on create and on patch alike", isUnique, async () => {
      for (const field of uniqueOf(resource)) {
        const [one, other] = [await world().maker.body(resource), await world().maker.row(resource)]
        expect((await send("POST", `/${resource.name}`, one)).status).toBe(201)
        const taken = { [field.name]: one[field.name] }
        const created = await send("POST", `/${resource.name}`, {
          ...(await world().maker.body(resource)),
          ...taken,
        })
        const answers = [created]
        const own = other[field.name]
        if (changeable.includes(field)) answers.push(await send("PATCH", at(other), taken))
        for (const answer of answers) {
          expect(answer.status, answer.text).toBe(409)
          expect(named(answer).map(lastPart)).toEqual([field.name])
        }
        // Its own value is no duplicate.
        if (answers.length > 1 && own !== undefined)
          expect((await send("PATCH", at(other), { [field.name]: own })).status).toBe(200)
      }
    })

    const refers = referring(resource).length > 0 ? false : "no column refers to a row by itself"
    checked("refuses a reference to nothing, on create and on patch alike", refers, async () => {
      for (const field of referring(resource)) {
        const column = field.name
        const [body, row] = [await world().maker.body(resource), await world().maker.row(resource)]
        for (const nothing of absentValues(field)) {
          const created = await send("POST", `/${resource.name}`, { ...body, [column]: nothing })
          expect([409, 422], created.text).toContain(created.status)
          expect(named(created)).toContain(column)
          if (!changeable.includes(field)) continue
          const patched = await send("PATCH", at(row), { [column]: nothing })
          expect(patched.status, patched.text).toBe(created.status)
          // SQLite does not say which reference it was; then all that were written may be named.
          expect(named(patched)).toEqual([column])
        }
      }
    })
  })

  describe.each(creatable.filter(open("delete")))("deleting: $name", (resource) => {
    test("answers 204 with no body, and then 404 to everything", async () => {
      const row = await world().maker.row(resource)
      const before = await count(resource.name)
      const path = pathOf(resource, row)
      const gone = await send("DELETE", path)
      expect([gone.status, gone.text]).toEqual([204, ""])
      expect(await count(resource.name)).toBe(before - 1)
      expect((await send("GET", path)).status).toBe(404)
      expect((await send("DELETE", path)).status).toBe(404)
      const list = await send("GET", `/${resource.name}?${keyFilter(resource, row)}`)
      expect(list.body).toEqual([])
      const field = changeableBy(resource, kind)[0]
      if (field && isOpen(resource.rules.update, kind)) {
        const patch = { [inputName(field)]: await world().maker.value(resource, field) }
        expect((await send("PATCH", path, patch)).status).toBe(404)
      }
    })

    if (resource.softDelete && isOpen(resource.rules.restore, kind))
      test("is restored as it was", async () => {
        const row = await world().maker.row(resource)
        const path = pathOf(resource, row)
        expect((await send("POST", `${path}/restore`)).status).toBe(404)
        expect((await send("DELETE", path)).status).toBe(204)
        const restored = await send("POST", `${path}/restore`)
        expect(restored.status, restored.text).toBe(200)
        const constant = Object.keys(row).filter((name) => !isRemade(resource.fields[name] as Field))
        expect(only(rowOf(restored), constant)).toEqual(only(row, constant))
        expect((await send("GET", `${path}?include=`)).body).toEqual(rowOf(restored))
      })
  })
}
