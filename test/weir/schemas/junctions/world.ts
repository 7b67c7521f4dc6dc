import { type SQL, sql } from "drizzle-orm"
import { keyFrom } from "../../../../src/weir/auth/accounts.ts"
import { passwordMark, tokens } from "../../../../src/weir/auth/token.ts"
import { invalidating } from "../../../../src/weir/cache/invalidating.ts"
import { MemoryStore } from "../../../../src/weir/cache/memory.ts"
import {
  type Api,
  admin,
  all,
  anyone,
  defineApi,
  type FieldOptions,
  nobody,
  type Rule,
  resourcesOf,
  signedIn,
  through,
  viewerIs,
} from "../../../../src/weir/index.ts"
import { rowHistory } from "../../../../src/weir/schema.ts"
import { type Answer, caller } from "../../support/client.ts"
import { appOver, authSecret, cacheOver } from "../../support/fresh.ts"
import { conformance } from "../../support/openapi.ts"
import type { Row } from "../../support/samples.ts"
import { type Filled, filled } from "../support/database.ts"
import { dialect, type PeoplesSchema } from "../support/schemas.ts"
import * as postgres from "./postgres.ts"
import * as sqlite from "./sqlite.ts"

export const schema = (dialect === "postgres" ? postgres : sqlite) as typeof sqlite

const shadow = `$scrypt$ln=4,r=8,p=1$${"A".repeat(22)}$${"A".repeat(43)}`
export type Who = "anonymous" | "ann" | "bob" | "root"

/** Ann and Bob have two open tasks and a hidden one each, 1 to 3 and 4 to 6. */
const rows = {
  people: ["ann", "bob", "root"].map((id) => ({
    id,
    email: `${id}@example.com`,
    shadow,
    role: id === "root" ? "admin" : "user",
  })),
  projects: [{ name: "first" }, { name: "second" }],
  tasks: ["ann", "ann", "ann", "bob", "bob", "bob"].map((ownerId, i) => ({
    title: `t${i + 1}`,
    ownerId,
    open: i % 3 !== 2,
    projectId: i < 3 ? 1 : 2,
  })),
  tags: [
    { id: "red", name: "urgent" },
    { id: "a/b,c", name: "slow" },
    { id: "hush", name: "urgent", secret: true },
    { id: "lone", name: "lone" },
  ],
  taskTags: [
    { taskId: 1, tagId: "red", addedBy: "ann", note: "first" },
    { taskId: 1, tagId: "a/b,c", addedBy: "bob" },
    { taskId: 1, tagId: "hush", addedBy: "ann" },
    { taskId: 2, tagId: "a/b,c", addedBy: "ann", buried: true },
    { taskId: 3, tagId: "red", addedBy: "ann" },
    { taskId: 4, tagId: "red", addedBy: "bob" },
  ],
  taskWatchers: [
    { taskId: 1, personId: "bob", reason: "one", setBy: "bob" },
    { taskId: 1, personId: "bob", reason: "two", setBy: "ann" },
    { taskId: 1, personId: "ann", reason: "one", setBy: "ann" },
    { taskId: 1, personId: "ann", reason: "two", setBy: "ann" },
    { taskId: 4, personId: "ann", reason: "one", setBy: "ann" },
  ],
  rooms: [
    { house: "a,b", number: 1, beds: 1 },
    { house: "a,b", number: 2, beds: 2 },
    { house: "north", number: 3 },
  ],
  taskRooms: [
    { taskId: 1, house: "a,b", number: 2 },
    { taskId: 1, house: "north", number: 3 },
    { taskId: 4, house: "a,b", number: 1 },
  ],
  taskBlocks: [
    { blockerId: 1, blockedId: 2 },
    { blockerId: 1, blockedId: 3 },
    { blockerId: 4, blockedId: 1 },
  ],
}

const mineOrOpen: Rule<"open" | "ownerId"> = (row, viewer): SQL | boolean =>
  viewer.kind === "admin" || sql`(${row("open")} or ${row("ownerId")} = ${viewer.id})`
const shown =
  <C extends string>(column: C): Rule<C> =>
  (row, viewer) =>
    viewer.kind === "admin" || sql`not ${row(column)}`
/** The task is the viewer's. */
const ofMyTask: Rule<"taskId"> = (row, viewer) =>
  viewer.kind === "admin" ||
  sql`exists (select 1 from todo_task mine where mine.id = ${row("taskId")} and mine.owner_id = ${viewer.id})`
const open = { read: anyone, create: anyone, delete: anyone }

export type Blocks = Parameters<typeof resourcesOf<typeof schema>>[1]

export const blocks = (): Blocks => ({
  people: {
    read: anyone,
    fields: { shadow: { read: nobody } },
    embed: { watched: through("taskWatchers", "task") },
  },
  projects: { read: anyone, embed: { tasks: {} } },
  tasks: {
    read: mineOrOpen,
    create: signedIn,
    delete: viewerIs("ownerId"),
    embed: {
      project: {},
      tags: { ...through("taskTags", "tag"), limit: 3, sort: "name" },
      watchers: through("taskWatchers", "person"),
      rooms: through("taskRooms", "room", { sort: "-beds" }),
      blocks: through("taskBlocksByBlocker", "blocked"),
      blockedBy: through("taskBlocksByBlocked", "blocker", { byDefault: "one" }),
    },
  },
  tags: {
    read: shown("secret"),
    create: admin,
    update: admin,
    embed: { tasks: through("taskTags", "task") },
  },
  taskTags: {
    read: shown("buried"),
    embed: { task: {}, tag: {} },
    create: all(signedIn, ofMyTask),
    update: admin,
    delete: viewerIs("addedBy"),
    fields: { addedBy: { write: admin, initially: (viewer) => viewer.id }, buried: { write: admin } },
  },
  taskWatchers: { read: anyone, create: signedIn, delete: viewerIs("setBy"), fields: { setBy: byViewer } },
  rooms: { read: anyone, embed: { tasks: through("taskRooms", "task") } },
  taskRooms: open,
  taskBlocks: open,
})

const byViewer: FieldOptions<never> = { write: admin, initially: (viewer) => viewer.id }

export const apiOf = (own: Partial<Blocks> = {}): Api =>
  defineApi({
    title: "Todo",
    version: "1",
    schema,
    history: rowHistory,
    accounts: { table: schema.people, login: ["email"], role: "role", password: "shadow" },
    resources: resourcesOf(schema, { ...blocks(), ...own }),
  })

export interface World extends Filled {
  api: Api
  send(who: Who, method: string, path: string, json?: unknown, headers?: object): Promise<Answer>
  ids(path: string, who?: Who): Promise<unknown[]>
  /** The rows of a table, past the product. */
  stored(table: "taskTags" | "taskWatchers" | "taskRooms" | "taskBlocks"): Promise<Row[]>
}

export async function world(own: Partial<Blocks> = {}, cached = false): Promise<World> {
  const api = apiOf(own)
  const tables: PeoplesSchema["tables"] = []
  const made = await filled({ name: "junctions", dialect, module: schema, rows, tables, hidden: {} })
  const cache = cacheOver(cached ? new MemoryStore(16_777_216, made.database.foreignWrites) : undefined)
  const subject = { api, migrations: new URL("file:///none/") }
  const { app } = appOver(invalidating(made.database, cache.store), { subject, cache })
  const call = caller(app, conformance(await (await app.request("/openapi.json")).text()))
  const signer = tokens(authSecret, api.issuer, {
    keyOf: keyFrom(api.accounts as NonNullable<Api["accounts"]>),
  })
  const send: World["send"] = async (who, method, path, json, headers = {}) => {
    const token =
      who === "anonymous"
        ? undefined
        : await signer.issue({ userId: who, passwordMark: passwordMark(shadow) })
    return call(method, path, { token, headers: { ...headers }, ...(json === undefined ? {} : { json }) })
  }
  const ids: World["ids"] = async (path, who = "anonymous") => {
    const { body, status, text } = await send(who, "GET", path)
    if (status !== 200) throw new Error(`${path}: ${status} ${text}`)
    return (body as Row[]).map(({ id, house, number }) => id ?? [house, number])
  }
  const stored: World["stored"] = (table) => {
    const columns = Object.fromEntries(Object.entries(schema[table]).filter(([, column]) => isColumn(column)))
    return made.db.select(columns as never).from(schema[table])
  }
  return { ...made, api, send, ids, stored }
}

const isColumn = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "columnType" in value
