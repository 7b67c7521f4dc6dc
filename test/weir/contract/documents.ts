import { beforeEach, describe, expect, test } from "vitest"
import { isOpen } from "../../../src/weir/resource/rules.ts"
import type { Answer } from "../support/client.ts"
import { type Row, rowOf, rowsOf } from "../support/samples.ts"
import { type Contract, collections, contractWorlds, topKind } from "./world.ts"

/** The contract of every collection: its documents are made of what its schema says, or of anything. */
export function documentContract(contract: Contract): void {
  const { api } = contract
  const kind = topKind(api)
  const open = collections(api).filter(({ rules }) =>
    [rules.read, rules.create, rules.update, rules.delete].every((rule) => isOpen(rule, kind)),
  )
  if (open.length === 0) return
  const world = contractWorlds(contract)
  const send = (method: string, path: string, json?: unknown): Promise<Answer> =>
    world().call(method, path, { token: world().root.token, ...(json === undefined ? {} : { json }) })

  describe.each(open)("documents: $name", (resource) => {
    const path = `/${resource.name}`
    let document: Row
    beforeEach(async () => {
      document = await world().maker.document(resource)
    })

    test("are created, read, listed, replaced, patched and deleted", async () => {
      const made = await send("POST", path, document)
      expect(made.status, made.text).toBe(201)
      const row = rowOf(made)
      expect(row).toMatchObject(document)
      const one = made.headers.get("location") as string
      expect(one).toBe(`${path}/${row._id}`)
      expect((await send("GET", `${one}?include=`)).body).toEqual(row)
      expect(rowsOf(await send("GET", path))).toEqual([row])
      const [member = "any", value = 1] = Object.entries(document)[0] ?? []
      const patched = await send("PATCH", one, { [member]: value })
      expect(patched.status, patched.text).toBe(200)
      expect(rowOf(patched)).toMatchObject(document)
      const replaced = await send("PUT", one, { ...document, _id: row._id })
      expect(replaced.status, replaced.text).toBe(200)
      const there = await send("PUT", `${path}/given`, document)
      expect(there.status, there.text).toBe(201)
      expect(rowOf(there)).toMatchObject({ ...document, _id: "given" })
      expect((await send("DELETE", one)).status).toBe(204)
      expect((await send("GET", one)).status).toBe(404)
    })

    test("come in the order of their creation, many or none at once", async () => {
      const made = await send("POST", path, [document, document, document])
      expect(made.status, made.text).toBe(201)
      expect(rowsOf(await send("GET", path))).toEqual(rowsOf(made))
      const page = await send("GET", `${path}?limit=2`)
      const next = await send("GET", page.links.next as string)
      expect([...rowsOf(page), ...rowsOf(next)]).toEqual(rowsOf(made))
      expect((await send("POST", path, [document, 5])).status).toBe(422)
      expect((await send("POST", path, [])).status).toBe(422)
      expect((await send("GET", `${path}?count=exact`)).headers.get("x-total-count")).toBe("3")
    })

    test("have members of the engine that nobody sets, and keys that a path can hold", async () => {
      await send("PUT", `${path}/one`, document)
      for (const name of ["_created_at", "_updated_at", "_owner_id"])
        for (const [method, at] of [
          ["POST", path],
          ["PUT", `${path}/one`],
          ["PATCH", `${path}/one`],
        ] as const) {
          const refused = await send(method, at, { ...document, [name]: 1 })
          expect(refused.status, refused.text).toBe(422)
        }
      for (const _id of ["a b", "batch", "", 5])
        expect((await send("POST", path, { ...document, _id })).status).toBe(422)
      for (const key of ["none", "a%20b", "x".repeat(101)])
        expect([404, 422]).toContain((await send("GET", `${path}/${key}`)).status)
      expect((await send("POST", `${path}/one`, document)).status).toBe(405)
      expect((await send("PUT", path, document)).status).toBe(405)
    })
  })
}
