import { describe, expect, test } from "vitest"
import { operatorsOf } from "../../../src/weir/query/query.ts"
import { isSortable } from "../../../src/weir/resource/field.ts"
import { defaultSort, type Field, type Relation, type Resource } from "../../../src/weir/resource/resource.ts"
import { isOpen } from "../../../src/weir/resource/rules.ts"
import { absentSegment, absentValues, keySort, pathOf, segmentOf } from "../support/keys.ts"
import { operandsFor, passes, sorted, spelled } from "../support/oracle.ts"
import { walk } from "../support/paging.ts"
import { isCreatable, type Row, rowOf, rowsOf, writableBy } from "../support/samples.ts"
import { type Contract, contractWorlds, isOverKey, keyed, linkMethods, topKind } from "./world.ts"

/** The contract of every resource, on reads: each answer against what JavaScript makes of all rows. */
export function listContract(contract: Contract): void {
  const { api } = contract
  const kind = topKind(api)
  const world = contractWorlds(contract)
  const served = keyed(api).filter((r) => isOpen(r.rules.read, kind))
  const readable = (resource: Resource) =>
    relationsOf(resource).filter(({ target }) => isOpen(target.rules.read, kind))
  const visible = (resource: Resource): Field[] =>
    Object.values(resource.fields).filter((f) => isOpen(f.read, kind))
  const relationsOf = (resource: Resource) => Object.values(resource.relations)

  const get = (path: string) => world().call("GET", path, { token: world().root.token })
  const allOf = async (resource: Resource): Promise<Row[]> =>
    rowsOf(await get(`/${resource.name}?limit=1000&sort=${keySort(resource)}`))
  const keysOf = (resource: Resource, rows: Row[]) => rows.map((row) => segmentOf(resource, row))

  describe.each(served)("listing: $name", (resource) => {
    const path = `/${resource.name}`
    const orderable = visible(resource).filter(isSortable)

    test("shows each row as a single read does, and counts them", async () => {
      await world().maker.rows(resource, 3)
      const rows = await allOf(resource)
      expect(rows.length).toBeGreaterThan(0)
      for (const row of rows) expect((await get(`${pathOf(resource, row)}?include=`)).body).toEqual(row)
      const counted = await get(`${path}?limit=1&count=exact`)
      expect(counted.headers.get("x-total-count")).toBe(String(rows.length))
      expect((await get(path)).headers.get("x-total-count")).toBeNull()
    })

    test("answers the fields asked for, in the table's order", async () => {
      await world().maker.rows(resource, 1)
      const [row] = await allOf(resource)
      const one = pathOf(resource, row as Row)
      const names = visible(resource).map((f) => f.name)
      const light = visible(resource).filter((f) => !f.type.heavy)
      expect(Object.keys(row as Row)).toEqual(light.map((f) => f.name))
      for (const asked of [...names.map((name) => [name]), names.slice(0, 2), [...names].reverse()]) {
        const expected = names.filter((name) => asked.includes(name))
        const [listed] = rowsOf(await get(`${path}?limit=1&fields=${asked}`))
        expect(Object.keys(listed as Row)).toEqual(expected)
        expect(Object.keys(rowOf(await get(`${one}?include=&fields=${asked}`)))).toEqual(expected)
      }
      const hidden = Object.values(resource.fields).filter((f) => !isOpen(f.read, kind))
      for (const name of ["no_such_field", ...hidden.map((f) => f.name)])
        for (const query of [
          `fields=${name}`,
          `sort=${name}`,
          `${name}=1`,
          `${name}[gt]=1`,
          `${name}[is_null]=true`,
        ]) {
          const answer = await get(`${path}?${query}`)
          const parameter = query.split("=")[0] as string
          expect(answer.status, `${query}: ${answer.text}`).toBe(422)
          expect((answer.body as { errors: { path: string }[] }).errors.map((e) => e.path)).toEqual([
            parameter,
          ])
        }
    })

    test("filters by every field with every operator", async () => {
      await world().maker.rows(resource, 6)
      const rows = await allOf(resource)
      for (const field of visible(resource)) {
        const scenarios = operatorsOf(field).flatMap((operator) =>
          operandsFor(field, operator, rows).map((operand) => ({ operator, operand })),
        )
        const check = async ({ operator, operand }: (typeof scenarios)[number]) => {
          const name = operator === "eq" ? field.name : `${field.name}[${operator}]`
          const query = `${name}=${spelled(operand)}`
          const answer = await get(`${path}?limit=1000&count=exact&sort=${keySort(resource)}&${query}`)
          const expected = rows.filter((row) => passes(row[field.name], operator, operand, field))
          expect(answer.status, `${query}: ${answer.text}`).toBe(200)
          expect(keysOf(resource, rowsOf(answer)), query).toEqual(keysOf(resource, expected))
          expect(answer.headers.get("x-total-count"), query).toBe(String(expected.length))
        }
        await Promise.all(scenarios.map(check))
        expect((await get(`${path}?${field.name}[no_such_operator]=1`)).status).toBe(422)
      }
    })

    test("is in the resource's own order unless sort= says otherwise", async () => {
      await world().maker.rows(resource, 4)
      const rows = await allOf(resource)
      const expected = keysOf(resource, sorted(resource, defaultSort(resource) ?? keySort(resource), rows))
      expect(keysOf(resource, rowsOf(await get(path)))).toEqual(expected)
      const { forward, backward } = await walk(world(), `${path}?limit=2`, world().root)
      expect(keysOf(resource, forward)).toEqual(expected)
      expect(keysOf(resource, backward)).toEqual(expected)
    })

    test("sorts by every field, both ways, page by page and back", async () => {
      await world().maker.rows(resource, 4)
      const rows = await allOf(resource)
      const check = async (sort: string) => {
        const expected = keysOf(resource, sorted(resource, sort, rows))
        const whole = rowsOf(await get(`${path}?limit=1000&sort=${sort}`))
        expect(keysOf(resource, whole), sort).toEqual(expected)
        const { forward, backward } = await walk(world(), `${path}?limit=2&sort=${sort}`, world().root)
        expect(keysOf(resource, forward), `${sort} forward`).toEqual(expected)
        expect(keysOf(resource, backward), `${sort} backward`).toEqual(expected)
        expect(forward, sort).toEqual(whole)
      }
      for (const { name } of orderable) await Promise.all([name, `-${name}`].map(check))
      // Two keys, one of them backwards: the primary key has its say where the first ties.
      for (const { name } of orderable.filter((f) => !resource.keys.includes(f.name)).slice(0, 2))
        await check(`${name},${keySort(resource, "-")}`)
    })
  })

  const embedding = served.flatMap((resource) =>
    readable(resource)
      .filter(({ target }) => target.keys.length > 0)
      .map((relation) => ({
        resource,
        relation,
        title: `${resource.name}.${relation.name}`,
      })),
  )

  const unkeyed = served.flatMap((resource) =>
    readable(resource)
      .filter(({ target }) => target.keys.length === 0)
      .map(({ name }) => ({ title: `${resource.name}.${name}` })),
  )
  if (unkeyed.length > 0)
    describe.skip.each(unkeyed)("relation: $title (its rows have no key)", () => {
      test("rows are told apart by nothing", () => {})
    })

  describe.each(embedding)("relation: $title", ({ resource, relation }) => {
    const { target, name } = relation
    const { local, foreign, via } = relation
    const path = `/${resource.name}`

    /** All rows of both sides, once there are some that belong together. */
    const sides = async () => {
      await world().maker.rows(resource, 3)
      await world().maker.rows(target, 4)
      if (via) await world().maker.rows(via.toJunction.target, 4)
      const [[first], [one, two]] = [await allOf(resource), await allOf(target)]
      if (via)
        for (const other of [one, two])
          await world().maker.row(via.toJunction.target, {
            ...across(via.toJunction, first as Row),
            ...across(reversed(via.toTarget), other as Row),
          })
      else if (relation.kind === "many" && settable(foreign))
        await world().maker.rows(target, relation.isUnique ? 1 : 2, across(relation, first as Row))
      links = via ? await allOf(via.toJunction.target) : []
      return { rows: await allOf(resource), others: await allOf(target) }
    }
    /** Whether a create may set these columns of the target. */
    const settable = (names: readonly string[]) =>
      names.every((name) => writableBy(target, kind).some((field) => field.name === name))
    /** The rows of the junction, where there is one. */
    let links: Row[] = []
    const belonging = (row: Row, others: Row[]) =>
      others.filter((other) =>
        via
          ? links.some((link) => belongs(via.toJunction, row, link) && belongs(via.toTarget, link, other))
          : belongs(relation, row, other),
      )

    test("is included on request, under the target's own rules", async () => {
      const { rows, others } = await sides()
      const expected = rows.map((row) => {
        const mine = sorted(target, relation.sort, belonging(row, others)).slice(0, relation.limit)
        return { ...row, [name]: relation.kind === "many" ? mine : (mine[0] ?? null) }
      })
      expect((await get(`${path}?limit=190&sort=${keySort(resource)}&include=${name}`)).body).toEqual(
        expected,
      )
      for (const row of expected) {
        const one = pathOf(resource, row)
        expect((await get(`${one}?include=${name}`)).body).toEqual(row)
        expect(name in rowOf(await get(one))).toBe(relation.byDefault)
      }
      for (const further of relationsOf(target)) {
        const deep = await get(`${path}?limit=1&include=${name}.${further.name}`)
        expect(deep.status, deep.text).toBe(200)
      }
      expect((await get(`${path}?include=no_such_relation`)).status).toBe(422)
    })

    test("is filtered through", async () => {
      const { rows, others } = await sides()
      for (const field of visible(target).slice(0, 4))
        for (const operator of operatorsOf(field).filter((o) => o === "eq" || o === "in"))
          for (const operand of operandsFor(field, operator, others)) {
            const query = `${name}.${field.name}${operator === "eq" ? "" : `[${operator}]`}=${spelled(operand)}`
            const expected = rows.filter((row) =>
              belonging(row, others).some((other) => passes(other[field.name], operator, operand, field)),
            )
            const answer = await get(`${path}?limit=1000&sort=${keySort(resource)}&${query}`)
            expect(answer.status, `${query}: ${answer.text}`).toBe(200)
            expect(keysOf(resource, rowsOf(answer)), query).toEqual(keysOf(resource, expected))
          }
    })

    if (relation.kind === "many" && isOverKey(relation))
      test("has routes within its parent", async () => {
        const { rows, others } = await sides()
        for (const row of rows) {
          const within = `${pathOf(resource, row)}/${name}`
          const listed = await get(`${within}?limit=1000&count=exact&sort=${keySort(target)}`)
          const expected = belonging(row, others)
          expect(listed.body).toEqual(expected)
          expect(listed.headers.get("x-total-count")).toBe(String(expected.length))
        }
        const [row] = rows
        const within = `${pathOf(resource, row as Row)}/${name}`
        const { forward, backward } = await walk(
          world(),
          `${within}?limit=2&sort=${keySort(target, "-")}`,
          world().root,
        )
        const descending = sorted(target, keySort(target, "-"), belonging(row as Row, others))
        expect([forward, backward]).toEqual([descending, descending])
        const absent = absentSegment(resource)
        const nowhere = `${path}/${absent}/${name}`
        if (absent) expect((await get(nowhere)).status).toBe(404)
        if (via || !isCreatable(target, kind) || !settable(foreign)) return
        // One row alone may have such values, and there are two.
        if (relation.isUnique) return

        const post = (url: string, json: unknown) =>
          world().call("POST", url, { token: world().root.token, json })
        const body = async () => {
          const { root } = world()
          const whole = await world().maker.body(target, root, kind, across(relation, row as Row))
          return Object.fromEntries(Object.entries(whole).filter(([member]) => !foreign.includes(member)))
        }
        const parents = (made: Row) => foreign.map((column) => made[column])
        const parent = local.map((column) => row?.[column])
        const created = await post(within, await body())
        expect(created.status, created.text).toBe(201)
        expect(parents(rowOf(created))).toEqual(parent)
        expect((await get(`${created.headers.get("location")}?include=`)).body).toEqual(created.body)
        const many = await post(within, [await body(), await body()])
        expect(rowsOf(many).map(parents)).toEqual([parent, parent])
        if (absent) expect((await post(nowhere, await body())).status).toBe(404)
        for (const column of foreign)
          for (const nothing of absentValues(target.fields[column] as Field)) {
            const other = await post(within, { ...(await body()), [column]: nothing })
            expect(other.status, other.text).toBe(422)
          }
      })

    if (via && linkMethods(relation).length === 2)
      test("links are made and removed by their path", async () => {
        const [row, other] = [await world().maker.row(resource), await world().maker.row(target)]
        const within = `${pathOf(resource, row)}/${name}`
        const one = `${within}/${segmentOf(target, other)}`
        const send = (method: string) => world().call(method, one, { token: world().root.token })
        const linked = async () => keysOf(target, rowsOf(await get(within)))
        expect(await linked()).toEqual([])
        for (let times = 0; times < 2; times++) {
          const made = await send("PUT")
          expect(made.status, made.text).toBe(204)
          expect(await linked()).toEqual([segmentOf(target, other)])
        }
        expect((await send("DELETE")).status).toBe(204)
        expect(await linked()).toEqual([])
        expect((await get(`${pathOf(target, other)}?include=`)).body).toEqual(other)
      })
  })
}

type Columns = Pick<Relation, "local" | "foreign">

const reversed = ({ local, foreign }: Columns): Columns => ({ local: foreign, foreign: local })

/** The values that the rows of a relation have of a row. */
const across = ({ local, foreign }: Columns, row: Row): Row =>
  Object.fromEntries(foreign.map((column, i) => [column, row[local[i] as string]]))

const belongs = ({ local, foreign }: Columns, row: Row, other: Row): boolean =>
  local.every((column, i) => row[column] !== null && row[column] === other[foreign[i] as string])
