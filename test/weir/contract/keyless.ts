import { describe, expect, test } from "vitest"
import { isOpen } from "../../../src/weir/resource/rules.ts"
import { isCreatable, type Row, rowOf, rowsOf } from "../support/samples.ts"
import { type Contract, contractWorlds, topKind } from "./world.ts"

/** The contract of a table without a key: rows are listed and created, and have no path. */
export function keylessContract(contract: Contract): void {
  const { api } = contract
  const kind = topKind(api)
  const keyless = api.resources.filter(({ keys, rules }) => keys.length === 0 && isOpen(rules.read, kind))
  if (keyless.length === 0) return
  const world = contractWorlds(contract)
  const send = (method: string, path: string, json?: unknown) =>
    world().call(method, path, { token: world().root.token, ...(json === undefined ? {} : { json }) })

  describe.each(keyless)("without a key: $name", (resource) => {
    const path = `/${resource.name}`
    const listed = async (): Promise<Row[]> => rowsOf(await send("GET", `${path}?limit=1000`))

    test("lists and counts its rows, which have no paths", async () => {
      await world().maker.rows(resource, 3)
      expect((await listed()).length).toBeGreaterThanOrEqual(3)
      const counted = await send("GET", `${path}?limit=1&count=exact`)
      expect(counted.headers.get("x-total-count")).toBe(String((await listed()).length))
      for (const method of ["GET", "PATCH", "DELETE"])
        expect((await send(method, `${path}/1`, method === "PATCH" ? {} : undefined)).status).toBe(404)
    })

    if (isCreatable(resource, kind))
      test("answers a create with the row, which the list then has", async () => {
        const before = (await listed()).length
        const created = await send("POST", path, await world().maker.body(resource))
        expect(created.status, created.text).toBe(201)
        expect(created.headers.get("location")).toBeNull()
        const after = await listed()
        expect(after.length).toBe(before + 1)
        expect(after).toContainEqual(rowOf(created))
      })
  })

  describe.skip.each(keyless)("pages, changes and relations: $name (its rows have no key)", () => {
    test("rows are told apart by nothing", () => {})
  })
}
