import { eq, inArray } from "drizzle-orm"
import type { Database } from "../../../src/weir/db/driver.ts"
import { handleOf } from "../../../src/weir/db/handle.ts"
import type { Call } from "../support/client.ts"
import { type Data, documentRow, isShown, type Row } from "./model.ts"
import { anyJson, listParameters, someObject } from "./pools.ts"
import type { Random } from "./random.ts"
import { papers } from "./schema.ts"
import type { Json } from "./values.ts"

/** The documents of the collection, each a row whose own members are its `data`. */

/** Names of members that mean something elsewhere: in lists, in trees, in tables. */
const taken = [...listParameters, "q", "and", "or", "not", "some", "id", "data", "_other", "things", "papers"]

const moments = [0, 1, 999, 1_769_860_800_000, 1_769_860_800_001, -1, 253_402_300_799_999]
const letters = "-0aA.bZ_~"

/** Random documents, with keys of all characters that a key may have. */
export function randomDocuments(random: Random, makers: Row[]): Row[] {
  const keys = new Set<string>()
  while (keys.size < 60)
    keys.add(random.pick(["o", "o", "p", "O", "x"]) + random.some([...letters], 1 + random.below(3)).join(""))
  return [...keys].map((_id): Row => {
    const data = someObject(random) as { [name: string]: Json }
    for (const name of taken)
      if (random.chance(0.06) && !Object.hasOwn(data, name)) data[name] = anyJson(random, 2)
    const at = new Date(random.pick(moments)).toISOString()
    return documentRow(_id, random.pick(makers).id as number, at, data)
  })
}

/** Creates the documents by the API as one maker's, and gives them their owners and times past it. */
export async function createDocuments(
  { papers: rows, makers }: Data,
  call: Call,
  database: Database,
  textOf: (document: Json) => string,
): Promise<void> {
  const maker = makers.find(isShown)
  if (rows.length === 0 || !maker) return
  const bodies = rows.map(({ _id, data }) => textOf({ _id, ...(data as { [name: string]: Json }) } as Json))
  const { status, text } = await call("POST", `/makers/${maker.id}/papers`, {
    body: `[${bodies.join(",")}]`,
    headers: { "content-type": "application/json" },
  })
  if (status !== 201) throw new Error(`papers: ${status} ${text.slice(0, 2_000)}`)
  const client = database.connect()
  const db = handleOf(() => client)
  const groups = Map.groupBy(rows, ({ _owner_id, _created_at }) => `${_owner_id} ${_created_at}`)
  for (const group of groups.values()) {
    const [{ _owner_id, _created_at } = {}] = group
    const keys = group.map(({ _id }) => _id as string)
    const at = new Date(_created_at as string)
    await db
      .update(papers)
      .set({ _owner_id: _owner_id as number, _created_at: at as never, _updated_at: at as never })
      .where(keys.length > 1 ? inArray(papers._id, keys) : eq(papers._id, keys[0] as string))
  }
  await client.close?.()
}
