import type { PgRemoteDatabase } from "drizzle-orm/pg-proxy"
import { expectTypeOf, test } from "vitest"
import {
  type AfterWrite,
  anyone,
  type BeforeUpdate,
  type Db,
  type HookRow,
  Problem,
  resource,
  resourcesOf,
} from "#weir"
import { bigint, bytes, collection, decimal, id, json, oneOf, table, timestamp } from "#weir/schema"
import * as items from "../fixture/src/schema/items.ts"
import * as saas from "../schemas/pg-saas/pg-saas.ts"
import * as mail from "../schemas/sqlite-mail/sqlite-mail.ts"

// What tsc says of these functions is the test; none of them is called.
const unused = (..._: unknown[]): void => {}

test("hooks of the vocabulary's tables are typed by their columns", () => {
  unused(() =>
    resource(items, {
      read: anyone,
      fields: { owner_id: { initially: (viewer) => viewer.id } },
      embed: { owner: {} },
      before: {
        create: ({ values, viewer }) => {
          expectTypeOf(values.price).toEqualTypeOf<number | undefined>()
          expectTypeOf(values.description).toEqualTypeOf<string | null | undefined>()
          expectTypeOf(viewer.kind).toEqualTypeOf<"anonymous" | "user" | "admin">()
          // @ts-expect-error There is no such column.
          unused(values.colour)
          // @ts-expect-error It is a check, and changes nothing.
          values.price = 1
          if (values.price === 0) throw new Problem("conflict", "Nothing is for free")
        },
        update: async ({ key, db }) => {
          expectTypeOf(key).toEqualTypeOf<number>()
          expectTypeOf(db).toEqualTypeOf<Db>()
          unused(await db.select().from(items.items))
        },
        // @ts-expect-error What refuses is thrown.
        delete: () => new Problem("conflict", "no"),
      },
      after: {
        create: async ({ row, key, verb }) => {
          expectTypeOf(row.title).toEqualTypeOf<string>()
          expectTypeOf(row.description).toEqualTypeOf<string | null>()
          expectTypeOf(row.created_at).toEqualTypeOf<string>()
          expectTypeOf(key).toEqualTypeOf<number>()
          expectTypeOf(verb).toEqualTypeOf<"create" | "update" | "delete">()
          // @ts-expect-error There is no such column.
          unused(row.colour)
          return 1
        },
      },
    }),
  )
  // @ts-expect-error There is no such write.
  unused(() => resource(items, { after: { insert: () => {} } }))
})

const odd = table("odd", {
  id: id(),
  amount: decimal({ precision: 5, scale: 2 }).notNull(),
  count: bigint().notNull(),
  picture: bytes({ max: 9 }),
  at: timestamp().notNull(),
  state: oneOf(["new", "old"]).notNull(),
  facts: json().$type<{ size: number }>().notNull(),
})
const memos = collection("memos_of_types")

test("rows are as JSON has them", () => {
  expectTypeOf<HookRow<typeof odd>>().toEqualTypeOf<{
    id: number
    amount: string
    count: string
    picture: string | null
    at: string
    state: "new" | "old"
    facts: { size: number }
  }>()
  unused(() =>
    resource(memos, {
      after: {
        create: ({ row, key }) => {
          expectTypeOf(key).toEqualTypeOf<string>()
          expectTypeOf(row._id).toEqualTypeOf<string>()
          expectTypeOf(row._created_at).toEqualTypeOf<string>()
          expectTypeOf(row.color).toEqualTypeOf<unknown>()
        },
      },
    }),
  )
})

test("hooks of people's own tables are, too", () => {
  unused(() =>
    resourcesOf(saas, {
      people: {
        after: {
          update: async ({ row, db }) => {
            expectTypeOf(row.createdAt).toEqualTypeOf<string>()
            expectTypeOf(row.mail).toEqualTypeOf<string>()
            expectTypeOf(db).toExtend<PgRemoteDatabase<{ table: typeof saas.people }>>()
            unused(await db.select().from(saas.studios))
          },
        },
      },
    }),
  )
  unused(() =>
    resource(mail.persons, {
      before: {
        create: async ({ values, db }) => {
          expectTypeOf(values.mailConfirmed).toEqualTypeOf<string | null | undefined>()
          unused(await db.select().from(mail.persons))
        },
      },
    }),
  )
})

test("one function may be the hook of several tables", () => {
  const index = ({ resource, key, row }: AfterWrite): void => unused(resource, key, row.id)
  const lock = async ({ key }: BeforeUpdate): Promise<void> => unused(key)
  const lampsOnly = ({ row }: AfterWrite<typeof items.items>): void => unused(row.title)
  unused(() => resource(items, { before: { update: lock }, after: { create: index, update: lampsOnly } }))
  unused(() => resource(memos, { before: { update: lock }, after: { create: index } }))
  // @ts-expect-error The rows of other tables have no title.
  unused(() => resource(odd, { after: { create: lampsOnly } }))
})
