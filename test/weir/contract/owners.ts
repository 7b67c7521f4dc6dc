import { describe, expect, test } from "vitest"
import { isOpen } from "../../../src/weir/resource/rules.ts"
import { type Person, type Row, rowOf, targetsOf, writableBy } from "../support/samples.ts"
import { type Contract, contractWorlds } from "./world.ts"

/** The contract of every resource, on its rules: who owns a row may do what others may not. */
export function ownerContract(contract: Contract): void {
  const { api } = contract
  const world = contractWorlds(contract)
  // Without accounts, nobody owns anything.
  const served = api.accounts ? api.resources.filter((r) => isOpen(r.rules.read, "user")) : []
  const as = (person: Person, json?: unknown) => ({
    token: person.token,
    ...(json === undefined ? {} : { json }),
  })

  describe.each(served)("owning: $name", (resource) => {
    /** Whether a rule lets such a viewer at all rows, at some, or at none. */
    const reach = (rule: "update" | "delete", kind: "user" | "anonymous") => {
      if (!isOpen(resource.rules[rule], kind)) return "none"
      return resource.rules[rule]((() => 0) as never, { kind, id: 0 as never }) === true ? "all" : "some"
    }
    /** A row of Ann's: herself among viewers, else one that she made. */
    const ofAnn = async (): Promise<Row | undefined> => {
      if (!resource.holdsViewers) return world().maker.ownRow(resource, world().ann, "user")
      return rowOf(await world().call("GET", `/${resource.name}/${world().ann.id}?include=`, as(world().ann)))
    }

    test("the owner may change and delete what is its own, others may not", async () => {
      const row = await ofAnn()
      if (!row) return
      const path = `/${resource.name}/${row[resource.key]}`
      const field = writableBy(resource, "user").find(
        (f) => !f.secret && !targetsOf(api, resource).has(f.name),
      )
      const patch = field && {
        [field.name]: await world().maker.otherValue(resource, field, row[field.name]),
      }
      for (const [rule, method, json] of [
        ["update", "PATCH", patch],
        ["delete", "DELETE", undefined],
      ] as const) {
        if (method === "PATCH" && !json) continue
        const anonymous = await world().call(method, path, json ? { json } : {})
        const stranger = await world().call(method, path, as(world().bob, json))
        if (reach(rule, "anonymous") === "none")
          expect([401, 405], anonymous.text).toContain(anonymous.status)
        if (reach(rule, "user") !== "all") expect([403, 404, 405], stranger.text).toContain(stranger.status)
        const owner = await world().call(method, path, as(world().ann, json))
        if (reach(rule, "user") !== "none")
          expect(owner.status, owner.text).toBe(method === "PATCH" ? 200 : 204)
      }
    })
  })
}
