import "#fresh"
import type { Table } from "drizzle-orm"
import { expect, test } from "vitest"
import { handles } from "../../../src/weir/db/handle.ts"
import { type Filled, filled, type PlainDrizzle } from "./support/database.ts"
import { type PeoplesSchema, schemas } from "./support/schemas.ts"

/** What both databases have. */
interface Both {
  $count(table: Table): Promise<number>
  select(): { from(table: Table): Promise<unknown[]> }
  query: Record<string, { findMany(config?: { with?: object }): Promise<unknown[]> }>
}

/** The names of a table's relations, as Drizzle has read them. */
const relationsOf = (db: PlainDrizzle, name: string): string[] => {
  const { schema } = (db as unknown as { _: { schema: Record<string, { relations: object }> } })._
  return Object.keys(schema[name]?.relations ?? {})
}

const settled = (work: () => Promise<unknown>): Promise<unknown> =>
  Promise.resolve()
    .then(work)
    .catch((error: Error) => `refused: ${error.message}`)

test.each(schemas.map((schema) => [schema.name, schema] as const))(
  "c.var.db over %s answers as Drizzle's own driver does: every table, every relation",
  async (_, schema) => {
    const { database, db: plain, close }: Filled = await filled(schema)
    const theirs = plain as unknown as Both
    const ours = handleOver(schema, database)
    let refused = 0
    for (const { name, table } of schema.tables) {
      const rows = await ours.select().from(table)
      expect(rows.length, name).toBeGreaterThan(0)
      expect(rows, name).toEqual(await theirs.select().from(table))
      expect(await ours.$count(table), name).toBe(rows.length)
      expect(await ours.query[name]?.findMany(), name).toEqual(rows)
      for (const relation of relationsOf(plain, name)) {
        const [mine, its] = await Promise.all(
          [ours, theirs].map((db) =>
            settled(async () => await db.query[name]?.findMany({ with: { [relation]: true } })),
          ),
        )
        expect(mine, `${name}.${relation}`).toEqual(its)
        if (typeof mine === "string") refused++
      }
    }
    // As its README says, of these Drizzle knows too little.
    expect(refused).toBe(schema.name === "pg-shop" ? 8 : 0)
    await close()
  },
)

function handleOver({ module, casing }: PeoplesSchema, database: Filled["database"]): Both {
  const client = database.connect()
  return handles({ schema: module, casing })(() => client) as unknown as Both
}
