import { dirname } from "node:path"
import { expect, test } from "vitest"
import { ask, once, worked } from "../support/ask.ts"
import { authSecret, httpCaller } from "../support/http.ts"
import { killed } from "../support/node-server.ts"
import { addPerson } from "../support/people.ts"
import { databases, type Project, project } from "../support/project.ts"

const numbers = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

/** A project whose items have versions, by the migration that is generated for them. */
const withHistory = once(async (): Promise<Project> => {
  const at = project()
  at.write("src/schema/row-history.ts", 'export { rowHistory } from "#weir/schema"\n')
  at.edit("src/api.ts", "  resources,", "  resources,\n  history: rowHistory,")
  at.edit(
    "src/api.ts",
    'from "./schema/users.ts"',
    'from "./schema/users.ts"\nimport { rowHistory } from "#weir/schema"',
  )
  at.edit("src/resources.ts", "    update: owner,", "    update: owner,\n    history: { keep: 30 },")
  const said = worked(await at.db(undefined, "generate", "--name", "row_history"))
  expect(said).toMatch(/sqlite: \d+_row_history\.sql/)
  expect(said).toMatch(/postgres: \d+_row_history\.sql/)
  return at
})

interface Known {
  /** Changes that were acknowledged, by the row's id. */
  changes: Map<number, number>
  count: number
}

/** Creates rows, and changes each a few times, until the server is gone. */
async function writer(address: string, token: string, known: Known, enough: () => void): Promise<void> {
  const call = httpCaller(address)
  for (;;) {
    const made = await call("POST", "/items", { token, json: { title: "0", price: 0 } })
    expect(made.status, made.text).toBe(201)
    const { id } = made.body as { id: number }
    known.changes.set(id, 1)
    for (const n of [1, 2, 3]) {
      const changed = await call("PATCH", `/items/${id}`, { token, json: { title: `${n}` } })
      expect(changed.status, changed.text).toBe(200)
      known.changes.set(id, n + 1)
      if (++known.count === 300) enough()
    }
    if (id % 3 === 0) {
      expect((await call("DELETE", `/items/${id}`, { token })).status).toBe(204)
      known.changes.set(id, 5)
    }
  }
}

test.concurrent.each(["libSQL file", "Postgres"] as const)(
  "kill -9 during writes: each row's versions match its changes, on %s",
  async (kind) => {
    const at = await withHistory()
    const url = kind === "Postgres" ? await databases.Postgres() : `file:${at.folder}/weir.db`
    worked(await at.db(url, "migrate"))
    const server = await at.serve(url, { AUTH_SECRET: authSecret, LOG_LEVEL: "error" })
    const token = await addPerson(kind === "Postgres" ? url : dirname(url.slice("file:".length)))
    const known: Known = { changes: new Map(), count: 0 }
    const ends = await Promise.allSettled(
      numbers(20).map(() =>
        writer(server.address, token, known, () => process.kill(server.child.pid as number, "SIGKILL")),
      ),
    )
    // Each ends when its connection breaks; a wrong status is no broken connection.
    for (const end of ends) expect(end.status === "rejected" && end.reason).toBeInstanceOf(TypeError)
    await killed(server.child)

    const next = await at.serve(url, { AUTH_SECRET: authSecret, LOG_LEVEL: "error" })
    const versions = await ask(
      url,
      "select row_key, version, verb, was from weir_row_history where table_name = 'items' order by row_key, version",
    )
    expect(await ask(url, "select 1 from weir_row_history where table_name <> 'items'")).toEqual([])
    const byRow = new Map<number, unknown[][]>()
    for (const [key, ...version] of versions)
      byRow.set(Number(key), [...(byRow.get(Number(key)) ?? []), version])
    const rows = new Map(
      (await ask(url, "select id, title from items")).map(([id, title]) => [Number(id), title]),
    )
    for (const [id, list] of byRow) {
      const known = list.map(([version, verb, was]) => [
        Number(version),
        verb,
        was === null ? null : (JSON.parse(String(was)) as { title: string }).title,
      ])
      const all = [
        [1, "insert", "0"],
        [2, "update", "1"],
        [3, "update", "2"],
        [4, "update", "3"],
        [5, "delete", null],
      ]
      expect(known, `${id}`).toEqual(all.slice(0, known.length))
      expect(rows.get(id) ?? null).toBe(known.at(-1)?.[2])
    }
    for (const id of rows.keys()) expect(byRow.has(id), `${id}`).toBe(true)
    for (const [id, changes] of known.changes)
      expect(byRow.get(id)?.length ?? 0, `${id}`).toBeGreaterThanOrEqual(changes)
    const call = httpCaller(next.address)
    const [id] = [...rows.keys()]
    expect((await call("GET", `/items/${id}/history`)).status).toBe(200)
    await killed(next.child)
  },
)
