import { describe, expect, test } from "vitest"
import type { Field } from "../../../src/weir/resource/resource.ts"
import { isOpen } from "../../../src/weir/resource/rules.ts"
import { keyFilter, only, pathOf } from "../support/keys.ts"
import { changeableBy, isCreatable, isRemade, type Row, rowOf, rowsOf } from "../support/samples.ts"
import { type Contract, contractWorlds, keyed, topKind } from "./world.ts"

/** The contract of every resource of which many rows can be changed at once. */
export function manyContract(contract: Contract): void {
  const { api } = contract
  const kind = topKind(api)
  const world = contractWorlds(contract)
  const many = keyed(api).filter((resource) => resource.options.bulk && isCreatable(resource, kind))
  const changed = many.filter(
    (resource) => isOpen(resource.rules.update, kind) && changeableBy(resource, kind).length > 0,
  )
  const deleted = many.filter((resource) => isOpen(resource.rules.delete, kind))
  const send = (method: string, at: string, json?: unknown) =>
    world().call(method, at, { token: world().root.token, ...(json === undefined ? {} : { json }) })

  describe.skipIf(changed.length === 0).each(changed)("changing many: $name", (resource) => {
    const path = `/${resource.name}`
    const { keys } = resource
    const fields = changeableBy(resource, kind).filter(({ name }) => !keys.includes(name))

    test("each row of an array gets its own values, and all or none is changed", async () => {
      const field = fields[0] as Field
      const rows = [await world().maker.row(resource), await world().maker.row(resource)] as [Row, Row]
      const patches: Row[] = []
      for (const row of rows)
        patches.push({ ...only(row, keys), [field.name]: await world().maker.value(resource, field) })
      const answer = await send("PATCH", path, patches)
      expect(answer.status, answer.text).toBe(200)
      for (const [i, row] of rowsOf(answer).entries()) {
        expect(only(row, keys)).toEqual(only(rows[i] as Row, keys))
        if (isOpen(field.read, kind)) expect(row[field.name]).toEqual(patches[i]?.[field.name])
        expect((await send("GET", `${pathOf(resource, row)}?include=`)).body).toEqual(row)
      }
      const wrong = await send("PATCH", path, [patches[0], { ...patches[1], no_such_field: 1 }])
      expect([wrong.status, (wrong.body as { errors: Row[] }).errors[0]?.path]).toEqual([
        422,
        "1.no_such_field",
      ])
    })

    test("rows that filters find get one value, and the others keep theirs", async () => {
      const field = fields.find(({ unique }) => !unique) ?? (fields[0] as Field)
      const row = await world().maker.row(resource)
      const other = await world().maker.row(resource)
      const value = await world().maker.value(resource, field)
      const answer = await send("PATCH", `${path}?${keyFilter(resource, row)}`, { [field.name]: value })
      expect([answer.status, answer.body], answer.text).toEqual([200, { count: 1 }])
      if (isOpen(field.read, kind))
        expect(rowOf(await send("GET", pathOf(resource, row)))[field.name]).toEqual(value)
      const constant = Object.keys(other).filter((name) => !isRemade(resource.fields[name] as Field))
      expect(only(rowOf(await send("GET", `${pathOf(resource, other)}?include=`)), constant)).toEqual(
        only(other, constant),
      )
    })
  })

  describe.skipIf(deleted.length === 0).each(deleted)("deleting many: $name", (resource) => {
    test("rows that filters find are gone, and the others stay", async () => {
      const row = await world().maker.row(resource)
      const other = await world().maker.row(resource)
      const path = `/${resource.name}`
      const gone = await send("DELETE", `${path}?${keyFilter(resource, row)}`)
      expect([gone.status, gone.body], gone.text).toEqual([200, { count: 1 }])
      expect((await send("GET", pathOf(resource, row))).status).toBe(404)
      expect((await send("GET", pathOf(resource, other))).status).toBe(200)
      expect((await send("DELETE", path)).status).toBe(422)
    })
  })
}
