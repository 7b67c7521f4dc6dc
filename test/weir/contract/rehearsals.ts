import { describe, expect, test } from "vitest"
import type { Field } from "../../../src/weir/resource/resource.ts"
import { isOpen } from "../../../src/weir/resource/rules.ts"
import { only, pathOf } from "../support/keys.ts"
import { changeableBy, isCreatable, isRemade, rowOf, rowsOf } from "../support/samples.ts"
import { type Contract, contractWorlds, keyed, topKind } from "./world.ts"

/** The contract of every resource whose rows have a key: with `tx=rollback`, a write is answered and leaves nothing. */
export function rehearsalContract(contract: Contract): void {
  const { api } = contract
  const kind = topKind(api)
  const world = contractWorlds(contract)
  const cases = keyed(api).filter((resource) => isCreatable(resource, kind))

  describe.skipIf(cases.length === 0).each(cases)("rehearsing: $name", (resource) => {
    const { name, rules, keys } = resource
    const send = (method: string, at: string, json?: unknown, prefer = "tx=rollback") =>
      world().call(method, at, {
        token: world().root.token,
        headers: { prefer },
        ...(json === undefined ? {} : { json }),
      })
    const fields = changeableBy(resource, kind).filter((field) => !keys.includes(field.name))

    test("a create, a change and a delete are answered as they would be, and undone", async () => {
      const count = async () =>
        (await send("GET", `/${name}?count=exact&limit=1`)).headers.get("x-total-count")
      const before = await count()
      const body = await world().maker.body(resource)
      const rehearsed = await send("POST", `/${name}?fields=${keys}`, body)
      expect(rehearsed.status, rehearsed.text).toBe(201)
      expect(rehearsed.headers.get("preference-applied")).toBe("tx=rollback")
      expect((await send("POST", `/${name}`, [body])).status).toBe(201)
      expect(await count()).toBe(before)
      const created = await send("POST", `/${name}`, body, "tx=commit")
      expect(created.status, created.text).toBe(201)
      const given = keys.filter((key) => body[key] !== undefined)
      expect(only(rowOf(rehearsed), given)).toEqual(only(rowOf(created), given))
      const path = pathOf(resource, rowOf(created))
      const row = await send("GET", path)
      const [field] = fields as Field[]
      if (field && isOpen(rules.update, kind)) {
        const patch = { [field.name]: await world().maker.value(resource, field) }
        const wouldBe = await send("PATCH", path, patch)
        expect(wouldBe.status, wouldBe.text).toBe(200)
        expect((await send("GET", path)).text).toBe(row.text)
        const changed = await send("PATCH", path, patch, "tx=commit")
        const constant = Object.keys(rowOf(changed)).filter((one) => !isRemade(resource.fields[one] as Field))
        expect(only(rowOf(wouldBe), constant)).toEqual(only(rowOf(changed), constant))
      }
      if (isOpen(rules.delete, kind)) {
        expect((await send("DELETE", path)).status).toBe(204)
        expect((await send("GET", path)).status).toBe(200)
      }
      expect(rowsOf(await send("GET", `/${name}?limit=1`)).length).toBe(1)
    })
  })
}
