import { describe, expect, test } from "vitest"
import { isOpen } from "../../../src/weir/resource/rules.ts"
import { keyedTwice } from "../support/keyed.ts"
import { pathOf } from "../support/keys.ts"
import { changeableBy, isCreatable, jointColumns, rowOf, rowsOf } from "../support/samples.ts"
import { type Contract, contractWorlds, keyed, topKind } from "./world.ts"

/** The contract of every resource of an API with records: a write with a key is done once, and a retry is answered as it was. */
export function onceContract(contract: Contract): void {
  const { api } = contract
  const kind = topKind(api)
  const world = contractWorlds(contract)
  const cases = api.records ? keyed(api).filter((resource) => isCreatable(resource, kind)) : []

  describe.skipIf(cases.length === 0).each(cases)("done once: $name", (resource) => {
    const path = `/${resource.name}`
    const body = () => world().maker.body(resource)
    const count = async () => {
      const { token } = world().root
      const list = await world().call("GET", `${path}?limit=1&count=exact`, { token })
      return Number(list.headers.get("x-total-count"))
    }

    test("creates, changes and deletes, each with a key and a retry", async () => {
      const write = keyedTwice(world().call)
      const send = (method: string, at: string, json?: unknown) =>
        write(method, at, { token: world().root.token, ...(json === undefined ? {} : { json }) })
      const bodies = [await body(), await body(), await body()]
      const before = await count()
      const made = await send("POST", path, bodies[0])
      expect(made.status, made.text).toBe(201)
      const many = await send("POST", path, bodies.slice(1))
      expect(rowsOf(many)).toHaveLength(2)
      expect(await count()).toBe(before + 3)
      const at = pathOf(resource, rowOf(made))
      const joint = jointColumns(api, resource)
      const field = changeableBy(resource, kind).find((f) => !f.secret && !joint.has(f.name))
      if (field && isOpen(resource.rules.update, kind)) {
        const changed = await send("PATCH", at, { [field.name]: await world().maker.value(resource, field) })
        expect(changed.status, changed.text).toBe(200)
      }
      if (!isOpen(resource.rules.delete, kind)) return
      const last = pathOf(resource, rowsOf(many)[1] as Record<string, unknown>)
      expect((await send("DELETE", last)).status).toBe(204)
      expect(await count()).toBe(before + 2)
    })
  })
}
