import { type Api, defineApi } from "../../../src/weir/api.ts"
import type { Database } from "../../../src/weir/db/driver.ts"
import { resource } from "../../../src/weir/resource/define.ts"
import type { Resource } from "../../../src/weir/resource/resource.ts"
import { rowHistory, writeRecords } from "../../../src/weir/schema.ts"
import * as users from "../fixture/src/schema/users.ts"
import { type Call, caller } from "./client.ts"
import { appOver, fixture, type Overrides } from "./fresh.ts"
import type { World } from "./world.ts"

/** An API of resources, without accounts. */
export const apiOf = (...resources: Resource[]): Api =>
  defineApi({ title: "Weir", version: "0.0.0", accounts: false, resources })

/** An app over an API of tables that no migration of ours makes. */
export const callOver = (database: Database, api: Api): Call =>
  caller(appOver(database, { subject: { api, migrations: new URL("file:///none/") } }).app)

/** An app over other resources than the fixture's, with its accounts. */
export const appOf = (w: World, ...resources: Resource[]): Call => appWith(w, {}, ...resources)

/** The same with other services. */
export function appWith(w: World, services: Overrides, ...resources: Resource[]): Call {
  const isThere = resources.some(({ table }) => table === users.users)
  const api = defineApi({
    title: "Weir",
    version: "0.0.0",
    accounts: {
      table: users.users,
      login: ["email", "username"],
      password: "hashed_password",
      role: "role",
    },
    history: rowHistory,
    records: writeRecords,
    resources: isThere ? resources : [resource(users, {}), ...resources],
  })
  return caller(appOver(w.database, { subject: { ...fixture, api }, cache: w.cache, ...services }).app)
}
