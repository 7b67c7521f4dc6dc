import { relations } from "drizzle-orm"
import { Problem } from "../../../../src/weir/problem.ts"
import { resource } from "../../../../src/weir/resource/define.ts"
import type { HookOptions } from "../../../../src/weir/resource/hooks.ts"
import type { Resource } from "../../../../src/weir/resource/resource.ts"
import { admin, anyone, nobody, owner, self, signedIn } from "../../../../src/weir/resource/rules.ts"
import {
  bytes,
  collection,
  id,
  integer,
  json,
  references,
  table,
  text,
  timestamp,
} from "../../../../src/weir/schema.ts"
import * as items from "../../fixture/src/schema/items.ts"
import * as users from "../../fixture/src/schema/users.ts"

const countries = table("countries", {
  code: text({ min: 2, max: 2 }).primaryKey(),
  name: text({ max: 40 }).notNull(),
  facts: json(),
  flag: bytes({ max: 100 }),
  deleted_at: timestamp(),
})
const labels = table("labels", { id: id(), name: text({ max: 40 }).notNull() })
const item_labels = table("item_labels", {
  id: id(),
  item_id: references(() => items.items.id, { onDelete: "cascade" }).notNull(),
  label_id: references(() => labels.id, { onDelete: "cascade" }).notNull(),
  note: text({ max: 40 }),
})
/** Its key is a reference as well. */
const covers = table("covers", {
  item_id: references(() => items.items.id, { onDelete: "cascade" }).primaryKey(),
  text: text({ max: 40 }).notNull(),
  shade: integer(),
})
const memos = collection("memos", { references: { item_id: items.items } })

/** The tables beside those of users and items. */
export const hookedTables = { countries, labels, item_labels, covers, memos }

const itemsRelations = relations(items.items, ({ many }) => ({ item_labels: many(item_labels) }))
const itemLabelsRelations = relations(item_labels, ({ one }) => ({
  item: one(items.items, { fields: [item_labels.item_id], references: [items.items.id] }),
  label: one(labels, { fields: [item_labels.label_id], references: [labels.id] }),
}))

/** A hook that was called: which, and with what. */
export type Called = Record<string, unknown> & { hook: string; resource: string; db?: unknown }

/** What hooks do beside being told. Each is called by `<verb> <resource>`. */
export type Acts = Record<string, (event: Called) => unknown>

/** Resources whose hooks tell `called` what they are called with. */
export function hookedResources(called: Called[], before: Acts, after: Acts): Resource[] {
  const told = (hook: string, acts: Acts, event: object, verb: string) => {
    const told = { hook, ...event } as Called
    called.push(told)
    return acts[`${verb} ${told.resource}`]?.(told)
  }
  const verbs = ["create", "update", "delete"]
  const of = (name: "before" | "after", acts: Acts) =>
    Object.fromEntries(
      verbs.map((verb) => [verb, (event: object) => told(`${name} ${verb}`, acts, event, verb)]),
    )
  const hooks = { before: of("before", before), after: of("after", after) } as HookOptions
  const open = { read: anyone, create: signedIn, update: signedIn, delete: signedIn }
  return [
    resource(users, {
      read: anyone,
      create: anyone,
      update: self,
      delete: self,
      fields: {
        email: { read: self },
        role: { write: admin },
        hashed_password: {
          read: nobody,
          secret: {
            as: "password",
            confirm: "current_password",
            min: 8,
            max: 200,
            hash: async (value) => `hash of ${value}`,
            verify: async () => true,
          },
        },
      },
      ...hooks,
    }),
    resource(
      { items: items.items, itemsRelations },
      {
        read: anyone,
        create: signedIn,
        update: owner,
        delete: owner,
        fields: {
          owner_id: { write: admin, initially: (viewer) => viewer.id },
          description: { read: admin },
        },
        embed: { labels: { junction: ["item_labels", "label"] }, item_labels: {} },
        ...hooks,
      },
    ),
    resource(countries, { ...open, replace: true, softDelete: "deleted_at", restore: signedIn, ...hooks }),
    resource(labels, { ...open, ...hooks }),
    resource({ item_labels, itemLabelsRelations }, { ...open, ...hooks }),
    resource(covers, { ...open, ...hooks }),
    resource(memos, { ...open, ...hooks }),
  ]
}

/** Refuses as a team's code does. */
export const refuses =
  (detail = "not today", path?: string) =>
  (): never => {
    throw new Problem("conflict", detail, path ? { issues: [{ path, message: "is bad", code: "bad" }] } : {})
  }
