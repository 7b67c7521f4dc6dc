import { defineApi } from "../../../../src/weir/api.ts"
import { hashPassword, verifyPassword } from "../../../../src/weir/auth/password.ts"
import { dialectName } from "../../../../src/weir/db/dialect/choose.ts"
import { resource, resourcesOf } from "../../../../src/weir/resource/define.ts"
import type { Resource, ResourceOptions } from "../../../../src/weir/resource/resource.ts"
import { admin, anyone, nobody, self, signedIn } from "../../../../src/weir/resource/rules.ts"
import * as users from "../../fixture/src/schema/users.ts"
import { statementsOf } from "../../schemas/support/database.ts"
import { type Answer, caller } from "../../support/client.ts"
import { appOver, fixture } from "../../support/fresh.ts"
import type { Who } from "../../support/scenarios.ts"
import { type World, world } from "../../support/world.ts"
import * as schema from "./team-schema.ts"

/** Of each table, the options of its resource; a table without any is not served. */
export type TeamOptions = {
  [Name in "organizations" | "memberships" | "projects" | "tasks"]?: ResourceOptions
}

const accounts = {
  table: users.users,
  login: ["email", "username"],
  password: "hashed_password",
  role: "role",
} as const

export function teamApi(options: TeamOptions, more: Resource[] = []) {
  const theirs = resourcesOf(schema, options as never)
  const closed = resource(users, { read: anyone, fields: { hashed_password: { read: nobody } } })
  const own = more.length ? more : [closed]
  return defineApi({ title: "Weir", version: "0.0.0", accounts, schema, resources: [...own, ...theirs] })
}

/** The same tables with accounts of another table, whose rows are softly deleted. */
export const staffApi = () =>
  defineApi({
    title: "Weir",
    version: "0.0.0",
    schema,
    accounts: { table: schema.staff, login: ["email"], password: "hashed_password", role: "role" },
    resources: resourcesOf(schema, {
      staff: {
        read: self,
        create: anyone,
        delete: self,
        softDelete: "deleted_at",
        fields: {
          role: { write: admin },
          hashed_password: {
            read: nobody,
            secret: {
              as: "password",
              confirm: "current_password",
              min: 8,
              max: 200,
              hash: hashPassword,
              verify: verifyPassword,
            },
          },
        },
      },
      tasks: { read: anyone, create: signedIn },
    }),
  })

// Ann (1) belongs to Acme (1), Bob (2) is its chief and belongs to Paid (2). Nobody belongs to Empty (3).
const rows = [
  "insert into organizations (title, plan) values ('Acme', 'free'), ('Paid', 'paid'), ('Empty', 'free')",
  "insert into memberships (organization_id, user_id, role) values (1, 1, 'member'), (1, 2, 'chief'), (2, 2, 'member')",
  "insert into projects (name, organization_id) values ('acme 1', 1), ('acme 2', 1), ('paid', 2), ('empty', 3)",
  `insert into tasks (title, project_id, parent_id, author_id, weight) values
    ('acme 1', 1, null, 1, 1), ('acme 1.1', 1, 1, 2, 2.5), ('acme 2', 2, null, null, null),
    ('paid', 3, null, 2, 3), ('empty', 4, null, 1, 1), ('none', null, 4, 1, 0)`,
]
const names = ["staff", "tasks", "projects", "memberships", "organizations"]

export interface Team {
  w: World
  run(text: string): Promise<unknown[][]>
  /** Asks an API over these tables. */
  ask(api: ReturnType<typeof teamApi>): (who: Who, request: string, json?: unknown) => Promise<Answer>
  close(): Promise<void>
}

/** The tables, filled, in a world of its own. */
export async function team(overrides: Parameters<typeof world>[0] = {}): Promise<Team> {
  const w = await world(overrides)
  const run = async (...texts: string[]) => {
    const client = w.database.connect()
    const results = await client.batch(texts.map((text) => ({ text, params: [] })))
    await client.close?.()
    return results.at(-1) ?? []
  }
  const made = await statementsOf({ module: { ...schema } } as never, dialectName)
  await run(...made.flatMap((text) => text.split("--> statement-breakpoint")), ...rows)
  return {
    w,
    run,
    ask: (api) => {
      const call = caller(appOver(w.database, { subject: { ...fixture, api }, cache: w.cache }).app)
      return (who, request, json) => {
        const [method = "", path = ""] = request.split(" ")
        const token = who === "anonymous" ? undefined : w[who].token
        return call(method, path, { token, ...(json === undefined ? {} : { json }) })
      }
    },
    // On Postgres, the next world has the same database.
    close: async () => {
      await run(...names.map((name) => `drop table ${name}`))
      await w.close()
    },
  }
}

export const idsOf = ({ body }: Answer): number[] =>
  (body as { id: number }[]).map(({ id }) => id).sort((a, b) => a - b)
