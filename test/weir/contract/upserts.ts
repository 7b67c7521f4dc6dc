import { describe, expect, test } from "vitest"
import { isOpen } from "../../../src/weir/resource/rules.ts"
import { upsertKeys } from "../../../src/weir/resource/upsert.ts"
import { pathOf } from "../support/keys.ts"
import { changeableBy, isCreatable, type Row, rowOf, rowsOf } from "../support/samples.ts"
import { type Contract, contractWorlds, keyed, topKind } from "./world.ts"

/** The contract of every resource whose rows have a unique key that clients give: a POST creates them, or merges them. */
export function upsertContract(contract: Contract): void {
  const { api } = contract
  const kind = topKind(api)
  const world = contractWorlds(contract)
  const cases = keyed(api)
    .filter((resource) => isCreatable(resource, kind))
    .flatMap((resource) => upsertKeys(resource).map((key) => ({ resource, key, name: resource.name })))

  describe.skipIf(cases.length === 0).each(cases)("upserting: $name by $key", ({ resource, key }) => {
    const path = `/${resource.name}?on_conflict=${key}`
    const send = (method: string, at: string, json?: unknown) =>
      world().call(method, at, { token: world().root.token, ...(json === undefined ? {} : { json }) })
    /** Whether a body names its row: no text of a key is null. */
    const isNamed = (body: Row) => key.every((column) => body[column] !== undefined && body[column] !== null)

    test("creates a row, merges another body into it, and leaves it as it is where asked to", async () => {
      const body = await world().maker.body(resource)
      if (!isNamed(body)) {
        expect((await send("POST", path, body)).status).toBe(422)
        return
      }
      const created = await send("POST", path, body)
      expect(created.status, created.text).toBe(201)
      const at = pathOf(resource, rowOf(created))
      expect(created.headers.get("location")).toBe(at)
      const other: Row = { ...(await world().maker.body(resource)) }
      for (const column of [...key, ...resource.keys])
        if (body[column] !== undefined) other[column] = body[column]
      const ignored = await send("POST", `${path}&resolution=ignore`, other)
      expect([ignored.status, ignored.body], ignored.text).toEqual([200, created.body])
      const merged = await send("POST", path, other)
      // A body of keys alone changes nothing of a row that is there.
      const sets = Object.keys(other).some((name) => ![...key, ...resource.keys].includes(name))
      if (sets && !isOpen(resource.rules.update, kind)) {
        expect(merged.status, merged.text).toBe(403)
        return
      }
      expect(merged.status, merged.text).toBe(200)
      for (const { name, read } of changeableBy(resource, kind))
        if (!key.includes(name) && other[name] !== undefined && isOpen(read, kind))
          expect(rowOf(merged)[name], name).toEqual(other[name])
      expect((await send("GET", `${at}?include=`)).body).toEqual(merged.body)
      const both = await send("POST", `${path}&fields=_created`, [other])
      expect([both.status, rowsOf(both)], both.text).toEqual([200, [{ _created: false }]])
    })
  })
}
