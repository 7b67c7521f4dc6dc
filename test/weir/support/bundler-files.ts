/**
 * A project's files as people write them for bundlers: imports without endings, of folders, by tsconfig's `paths`, of
 * JSON and of a workspace's packages; enums, namespaces, parameter properties, and types imported as values are.
 */
export const bundlerFiles: Record<string, string> = {
  "tsconfig.json": `{
  // The team's own options lie elsewhere.
  "extends": ["./config/tsconfig.base"],
  "include": ["src", "packages", "test/*.ts", "test/weir/support", "*.ts"],
}
`,
  "config/tsconfig.base.json": `{
  "compilerOptions": {
    /* as a bundler sees it */
    "target": "es2024", "lib": ["es2024"], "module": "esnext", "moduleResolution": "bundler", "types": ["node"],
    "paths": {
      "@/*": ["../src/*"],
      "~/*": ["../nowhere/*", "../src/shared/*"],
      "limits": ["../src/shared/limits"], // one module
    },
    "strict": true, "noUncheckedIndexedAccess": true, "exactOptionalPropertyTypes": true, "isolatedModules": true,
    "allowImportingTsExtensions": true, "resolveJsonModule": true, "skipLibCheck": true, "noEmit": true,
  },
}
`,
  // No "type", and no ending: a package that only bundlers have seen.
  "packages/kinds/package.json": `{ "name": "@acme/kinds", "main": "src/index" }`,
  "packages/kinds/src/index.ts": `export * from "./kind"
export { isKind } from "./is-kind"
`,
  "packages/kinds/src/kind.ts": `export enum Kind {
  Open = "open",
  Done = "done",
}
export const kinds = Object.values(Kind) as [Kind, ...Kind[]]
`,
  "packages/kinds/src/is-kind.ts": `import { Kind } from "./kind"
import { Unknown } from "./types"

export const isKind = (value: Unknown): value is Kind => Object.values<Unknown>(Kind).includes(value)
`,
  "packages/kinds/src/types.ts": `/** Unknown to the loader until types are gone. */
export type Unknown = unknown
`,
  // A schema in another package.
  "packages/db/package.json": `{
  "name": "@acme/db", "type": "module",
  "exports": { ".": { "types": "./src/index.ts", "default": "./src/index.ts" }, "./*": "./src/*.ts" }
}`,
  "packages/db/src/index.ts": `export * from "./tags"
`,
  "packages/db/src/tags.ts": `import { id, table, text } from "../../../src/weir/schema"

export const tags = table("tags", { id: id(), name: text({ max: 40 }).notNull().unique() })
`,
  "src/shared/limits.ts": `export namespace Limits {
  export const title = 100
  export namespace Text {
    export const max = title * 10
  }
}

export class Named {
  constructor(
    readonly name: string,
    private readonly suffix = "_index",
  ) {}
  get index(): string {
    return this.name + this.suffix
  }
}
`,
  "src/shared/types.ts": `export interface Labels {
  title: string
}
`,
  "src/shared/labels.json": `{ "title": "Notes of \\u0041cme", "version": "1.2.3" }
`,
  "src/schema/index.ts": `export * from "./accounts"
export * from "./notes"
export * from "@acme/db"
`,
  "src/schema/accounts/index.ts": `export { Role, users, usersRelations } from "./users.js"
`,
  "src/schema/accounts/users.ts": `import { relations } from "drizzle-orm"
import { id, oneOf, table, text, timestamps } from "#weir/schema"
import { notes } from ".."

export enum Role {
  User = "user",
  Admin = "admin",
}

export const users = table("users", {
  id: id(),
  email: text({ max: 254, format: "email" }).notNull().unique(),
  hashed_password: text({ max: 255 }).notNull(),
  role: oneOf([Role.User, Role.Admin]).notNull().default(Role.User),
  ...timestamps(),
})

export const usersRelations = relations(users, ({ many }) => ({ notes: many(notes) }))
`,
  "src/schema/notes.ts": `import { type InferInsertModel, InferSelectModel, relations } from "drizzle-orm"
import { kinds, Kind } from "@acme/kinds"
import { tags } from "@acme/db/tags"
import { id, index, oneOf, references, table, text } from "#weir/schema"
import { Limits, Named } from "limits"
import { users } from "./accounts"

const author = new Named("notes_author_id")

/** InferSelectModel is a type, and nothing else here is called so. */
export const notes = table(
  "notes",
  {
    id: id(),
    title: text({ min: 1, max: Limits.title }).notNull(),
    text: text({ max: Limits.Text.max }),
    kind: oneOf(kinds).notNull().default(Kind.Open),
    author_id: references(() => users.id, { onDelete: "cascade" }).notNull(),
    tag_id: references(() => tags.id, { onDelete: "set null" }),
  },
  (t) => [index(author.index).on(t.author_id), index("notes_tag_id_index").on(t.tag_id)],
)

export const notesRelations = relations(notes, ({ one }) => ({
  author: one(users, { fields: [notes.author_id], references: [users.id] }),
}))

// Exports that are no tables.
export type Note = InferSelectModel<typeof notes>
export type NewNote = InferInsertModel<typeof notes>
export const nothing = null
export const nowhere = undefined
export const isDone = (note: Note): boolean => note.kind === Kind.Done
export const bounds = { ...Limits }
`,
  "src/resources.ts": `import { isKind } from "@acme/kinds"
import * as tags from "@acme/db/tags"
import { admin, anyone, hashPassword, nobody, resource, self, signedIn, verifyPassword, viewerIs } from "#weir"
import * as users from "@/schema/accounts/users"
import * as notes from "@/schema/notes.js"

if (!isKind("done")) throw new Error("done is a kind")

export const resources = [
  resource(users, {
    read: anyone,
    create: anyone,
    update: self,
    fields: {
      role: { write: admin },
      hashed_password: {
        read: nobody,
        secret: { as: "password", confirm: "current_password", min: 8, max: 200, hash: hashPassword, verify: verifyPassword },
      },
    },
    embed: { notes: {} },
  }),
  resource(notes, {
    read: anyone,
    create: signedIn,
    update: viewerIs("author_id"),
    delete: viewerIs("author_id"),
    fields: { author_id: { write: admin, initially: (viewer) => viewer.id } },
    embed: { author: {} },
  }),
  resource(tags, { read: anyone, create: admin, update: admin, delete: admin }),
]
`,
  "src/routes/index.ts": `export * from "./counts"
`,
  "src/routes/counts.ts": `import { createRoute, z } from "@hono/zod-openapi"
import { Kind } from "@acme/kinds"
import { eq } from "drizzle-orm"
import { anyone, allow, route } from "#weir"
import { notes } from "~/../schema"

enum Fault {
  None,
  Some,
}

export const counts = route(
  createRoute({
    method: "get",
    path: "/counts",
    middleware: allow(anyone),
    request: { query: z.object({ fault: z.coerce.number().default(Fault.None) }) },
    responses: { 200: { description: "How many", content: { "application/json": { schema: z.object({ done: z.int() }) } } } },
  }),
  async (c) => {
    if (c.req.valid("query").fault === Fault.Some) throw new Error("a fault of its own")
    return c.json({ done: await c.var.db.$count(notes, eq(notes.kind, Kind.Done)) }, 200)
  },
)
`,
  "src/api.ts": `import { defineApi } from "#weir"
import { resources } from "@/resources"
import labels, { version } from "~/labels.json"
import { Labels } from "~/types"
import { counts } from "./routes"
import { users } from "./schema"

const { title }: Labels = labels

export const api = defineApi({
  title,
  version,
  accounts: { table: users, login: ["email"], password: "hashed_password", role: "role" },
  resources,
  routes: [counts],
})
`,
  "test/team.test.ts": `import { Kind } from "@acme/kinds"
import { expect, test } from "vitest"
import { api } from "@/api"
import * as schema from "~/../schema"

test("the same modules", () => {
  expect(api.title).toBe("Notes of Acme")
  expect(schema.notes.kind.enumValues).toEqual([Kind.Open, Kind.Done])
  expect(schema.isDone({ kind: "done" } as schema.Note)).toBe(true)
})
`,
  "src/seed.ts": `import { hashPassword, Seeds } from "#weir"
import { Kind } from "@acme/kinds"
import { Role } from "./schema/accounts"

const hashed_password = await hashPassword("a password for seeds")

export const seeds: Seeds = {
  tables: {
    users: { rows: 3, row: (n) => ({ id: n, email: \`u\${n}@example.com\`, hashed_password, role: Role.User }) },
    notes: {
      rows: 10,
      row: (n, { users = 1 }) => ({ id: n, title: \`note \${n}\`, kind: n % 2 ? Kind.Open : Kind.Done, author_id: (n % users) + 1 }),
    },
  },
}
`,
}
