import { and, getTableColumns, type SQL, sql } from "drizzle-orm"
import { describe, expect, test } from "vitest"
import type { Key } from "../../../src/weir/resource/key.ts"
import type { Field, Resource } from "../../../src/weir/resource/resource.ts"
import { rowOf } from "../../../src/weir/resource/row-of.ts"
import { clause, isOpen, isOpenToAll, type Rule, unboundViewer } from "../../../src/weir/resource/rules.ts"
import type { ViewerKind } from "../../../src/weir/resource/viewer.ts"
import { compile, withValues } from "../../../src/weir/sql/plan.ts"
import { keyFilter, only, pathOf, segmentOf } from "../support/keys.ts"
import { relate } from "../support/related.ts"
import { type Person, type Row, targetsOf } from "../support/samples.ts"
import { type Contract, type ContractWorld, contractWorlds, keyed, topKind } from "./world.ts"

/** Whether a rule admits a viewer to a row, asked of the database past the API. */
async function admits(
  { database }: ContractWorld,
  resource: Resource,
  rule: Rule,
  { kind, id }: { kind: ViewerKind; id: Key },
  rowKey: Row,
): Promise<boolean> {
  const { table, fields, keys } = resource
  const columns = getTableColumns(table)
  const row = rowOf(resource, (column) => sql`${columns[column]}`)
  const admitted = clause(rule(row, { ...unboundViewer(kind), id: sql`${id}` }))
  const isRow = keys.map((key) => {
    const { type } = fields[key] as Field
    return sql`${row(key)} = ${type.sql.typed(type.sql.bind(sql`${type.sql.encode(rowKey[key])}`))}`
  })
  const query = sql`select 1 from ${table} where ${and(...isRow) as SQL} and (${admitted})`
  const client = database.connect()
  const rows = await client.query(withValues(compile(query), {}))
  await client.close?.()
  return rows.length > 0
}

/** The contract of every resource, on its rules: who may see, change and delete a row is who its rules say. */
export function ownerContract(contract: Contract): void {
  const { api } = contract
  const world = contractWorlds(contract)
  const served = keyed(api).filter(
    ({ rules }) => isOpen(rules.read, "user") || isOpen(rules.read, "anonymous"),
  )
  const user = (person: Person) => ({ kind: "user" as const, id: person.id, token: person.token })
  const viewers = () => [
    { kind: "anonymous" as const, id: 0, token: undefined },
    ...(api.accounts ? [user(world().bob), user(world().ann)] : []),
    // Without a role, nobody is an admin.
    ...(api.accounts?.role ? [{ ...user(world().root), kind: topKind(api) }] : []),
  ]

  /** A row of Ann's: herself among viewers, else one that she makes, or is related to. */
  const rowKey = async (resource: Resource): Promise<Row> => {
    const { maker, ann } = world()
    if (resource.holdsViewers) return only(ann.row, resource.keys)
    const own = api.accounts ? await maker.ownRow(resource, ann, "user") : undefined
    if (own) return only(own, resource.keys)
    const key = only(await maker.insert(resource), resource.keys)
    if (api.accounts) await relate(world(), maker, resource, key, ann)
    return key
  }

  describe.each(served)("owning: $name", (resource) => {
    const { rules, name } = resource
    const path = (key: Row) => pathOf(resource, key)

    test("whom the rules admit to a row may read it, in a list as well, and nobody else", async () => {
      const key = await rowKey(resource)
      for (const { token, ...viewer } of viewers()) {
        const sees = await admits(world(), resource, rules.read, viewer, key)
        const closed = isOpen(rules.read, viewer.kind) ? 404 : viewer.kind === "anonymous" ? 401 : 403
        const read = await world().call("GET", `${path(key)}?include=`, { token })
        expect(read.status, `${viewer.kind} ${viewer.id}: ${read.text}`).toBe(sees ? 200 : closed)
        const list = await world().call("GET", `/${name}?${keyFilter(resource, key)}`, { token })
        if (closed !== 404) expect(list.status).toBe(closed)
        else
          expect((list.body as Row[]).map((row) => segmentOf(resource, row))).toEqual(
            sees ? [segmentOf(resource, key)] : [],
          )
      }
    })

    test("whom the rules admit may change and delete it, others may not", async () => {
      const key = await rowKey(resource)
      const field = Object.values(resource.fields).find(
        (f) =>
          f.write &&
          isOpenToAll(f.write.update, "user") &&
          !f.secret &&
          !resource.keys.includes(f.name) &&
          !targetsOf(api, resource).has(f.name),
      )
      const patch = field && { [field.name]: await world().maker.value(resource, field) }
      for (const { token, ...viewer } of viewers())
        for (const [rule, method, json] of [
          ["update", "PATCH", patch],
          ["delete", "DELETE", undefined],
        ] as const) {
          if (method === "PATCH" && (!json || viewer.kind === "anonymous")) continue
          const sees = await admits(world(), resource, rules.read, viewer, key)
          const may = sees && (await admits(world(), resource, rules[rule], viewer, key))
          const answer = await world().call(method, path(key), { token, ...(json ? { json } : {}) })
          const what = `${method} by ${viewer.kind} ${viewer.id}: ${answer.status} ${answer.text}`
          // A row that others refer to cannot be deleted; a CHECK may refuse a value, and a rule what the row would be.
          const refused = rules.updatedRow === rules.update || method === "DELETE" ? [] : [403]
          if (may) expect([200, 204, 409, 422, ...refused], what).toContain(answer.status)
          else expect([401, 403, 404, 405], what).toContain(answer.status)
        }
    })
  })
}
