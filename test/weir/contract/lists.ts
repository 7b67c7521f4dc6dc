import { describe, expect, test } from "vitest"
import { operatorsOf } from "../../../src/weir/query/query.ts"
import { isSortable } from "../../../src/weir/resource/field.ts"
import { defaultSort, type Field, type Resource } from "../../../src/weir/resource/resource.ts"
import { isOpen } from "../../../src/weir/resource/rules.ts"
import { absentKey, keyOf } from "../support/keys.ts"
import { operandsFor, passes, sorted, spelled } from "../support/oracle.ts"
import { walk } from "../support/paging.ts"
import { isCreatable, type Row, rowOf, rowsOf, writableBy } from "../support/samples.ts"
import { type Contract, contractWorlds, topKind } from "./world.ts"

/** The contract of every resource, on reads: each answer against what JavaScript makes of all rows. */
export function listContract(contract: Contract): void {
  const { api } = contract
  const kind = topKind(api)
  const world = contractWorlds(contract)
  const served = api.resources.filter((r) => isOpen(r.rules.read, kind))
  const readable = (resource: Resource) =>
    relationsOf(resource).filter(({ target }) => isOpen(target.rules.read, kind))
  const visible = (resource: Resource): Field[] =>
    Object.values(resource.fields).filter((f) => isOpen(f.read, kind))
  const relationsOf = (resource: Resource) => Object.values(resource.relations)

  const get = (path: string) => world().call("GET", path, { token: world().root.token })
  const allOf = async (resource: Resource): Promise<Row[]> =>
    rowsOf(await get(`/${resource.name}?limit=1000&sort=${keyOf(resource)}`))
  const keysOf = (resource: Resource, rows: Row[]) => rows.map((row) => row[keyOf(resource)])

  describe.each(served)("listing: $name", (resource) => {
    const path = `/${resource.name}`
    const orderable = visible(resource).filter(isSortable)

    test("shows each row as a single read does, and counts them", async () => {
      await world().maker.rows(resource, 3)
      const rows = await allOf(resource)
      expect(rows.length).toBeGreaterThan(0)
      for (const row of rows)
        expect((await get(`${path}/${row[keyOf(resource)]}?include=`)).body).toEqual(row)
      const counted = await get(`${path}?limit=1&count=exact`)
      expect(counted.headers.get("x-total-count")).toBe(String(rows.length))
      expect((await get(path)).headers.get("x-total-count")).toBeNull()
    })

    test("answers the fields asked for, in the table's order", async () => {
      await world().maker.rows(resource, 1)
      const [row] = await allOf(resource)
      const one = `${path}/${row?.[keyOf(resource)]}`
      const names = visible(resource).map((f) => f.name)
      expect(Object.keys(row as Row)).toEqual(names)
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
          const answer = await get(`${path}?limit=1000&count=exact&sort=${keyOf(resource)}&${query}`)
          const expected = rows.filter((row) => passes(field, row[field.name], operator, operand))
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
      const expected = keysOf(resource, sorted(resource, defaultSort(resource) ?? keyOf(resource), rows))
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
      for (const { name } of orderable.filter((f) => f.name !== keyOf(resource)).slice(0, 2))
        await check(`${name},-${keyOf(resource)}`)
    })
  })

  const embedding = served.flatMap((resource) =>
    readable(resource).map((relation) => ({
      resource,
      relation,
      title: `${resource.name}.${relation.name}`,
    })),
  )

  describe.each(embedding)("relation: $title", ({ resource, relation }) => {
    const { target, name } = relation
    const [local = "", foreign = ""] = [relation.local[0], relation.foreign[0]]
    const path = `/${resource.name}`

    /** All rows of both sides, once there are some that belong together. */
    const sides = async () => {
      await world().maker.rows(resource, 3)
      await world().maker.rows(target, 4)
      if (via) await world().maker.rows(via.toJunction.target, 4)
      links = via ? await allOf(via.toJunction.target) : []
      return { rows: await allOf(resource), others: await allOf(target) }
    }
    const { via } = relation
    /** The rows of the junction, where there is one. */
    let links: Row[] = []
    const belonging = (row: Row, others: Row[]) =>
      others.filter((other) =>
        via
          ? links.some(
              (link) =>
                link[via.toJunction.foreign[0] as string] === row[local] &&
                link[via.toTarget.local[0] as string] === other[foreign],
            )
          : row[local] !== null && other[foreign] === row[local],
      )

    test("is included on request, under the target's own rules", async () => {
      const { rows, others } = await sides()
      const expected = rows.map((row) => {
        const mine = sorted(target, relation.sort, belonging(row, others)).slice(0, relation.limit)
        return { ...row, [name]: relation.kind === "many" ? mine : (mine[0] ?? null) }
      })
      expect((await get(`${path}?limit=190&sort=${keyOf(resource)}&include=${name}`)).body).toEqual(expected)
      for (const row of expected) {
        const one = `${path}/${row[keyOf(resource) as keyof typeof row]}`
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
              belonging(row, others).some((other) => passes(field, other[field.name], operator, operand)),
            )
            const answer = await get(`${path}?limit=1000&sort=${keyOf(resource)}&${query}`)
            expect(answer.status, `${query}: ${answer.text}`).toBe(200)
            expect(keysOf(resource, rowsOf(answer)), query).toEqual(keysOf(resource, expected))
          }
    })

    if (relation.kind === "many" && local === keyOf(resource))
      test("has routes within its parent", async () => {
        const { rows, others } = await sides()
        for (const row of rows) {
          const within = `${path}/${row[keyOf(resource)]}/${name}`
          const listed = await get(`${within}?limit=1000&count=exact&sort=${keyOf(target)}`)
          const expected = belonging(row, others)
          expect(listed.body).toEqual(expected)
          expect(listed.headers.get("x-total-count")).toBe(String(expected.length))
        }
        const [row] = rows
        const within = `${path}/${row?.[keyOf(resource)]}/${name}`
        const { forward, backward } = await walk(
          world(),
          `${within}?limit=2&sort=-${keyOf(target)}`,
          world().root,
        )
        const descending = sorted(target, `-${keyOf(target)}`, belonging(row as Row, others))
        expect([forward, backward]).toEqual([descending, descending])
        const nowhere = `${path}/${absentKey(resource)}/${name}`
        expect((await get(nowhere)).status).toBe(404)
        const settable = writableBy(target, kind).some((field) => field.name === foreign)
        if (via || !isCreatable(target, kind) || !settable) return

        const post = (url: string, json: unknown) =>
          world().call("POST", url, { token: world().root.token, json })
        const body = async () => {
          const { [foreign]: _, ...rest } = await world().maker.body(target)
          return rest
        }
        const created = await post(within, await body())
        expect(created.status, created.text).toBe(201)
        expect(rowOf(created)[foreign]).toBe(row?.[local])
        expect((await get(`${created.headers.get("location")}?include=`)).body).toEqual(created.body)
        const many = await post(within, [await body(), await body()])
        expect(rowsOf(many).map((r) => r[foreign])).toEqual([row?.[local], row?.[local]])
        expect((await post(nowhere, await body())).status).toBe(404)
        const other = await post(within, { ...(await body()), [foreign]: 2 ** 50 })
        expect(other.status, other.text).toBe(422)
      })
  })
}
