import { serve } from "@hono/node-server"
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi"
import { createClient } from "@libsql/client"
import { and, asc, desc, eq, getTableColumns, gte } from "drizzle-orm"
import { drizzle as drizzleLibsql, type LibSQLDatabase } from "drizzle-orm/libsql"
import { drizzle as drizzlePostgres } from "drizzle-orm/postgres-js"
import { jwt } from "hono/jwt"
import postgresJs from "postgres"
import * as itemSchema from "../test/weir/fixture/src/schema/items.ts"
import * as userSchema from "../test/weir/fixture/src/schema/users.ts"

/**
 * The ordinary way to build the API: Hono with zod-openapi, Drizzle's query builder, and `c.json(rows)`. It follows
 * their documentation, leaves out nothing that a team would have, and uses no unusual optimization.
 */
const schema = { ...itemSchema, ...userSchema }
const { items, users } = schema

async function open(url: string): Promise<LibSQLDatabase<typeof schema>> {
  // Both builders have the same methods; the project's tables are typed as SQLite's.
  if (url.startsWith("postgres"))
    return drizzlePostgres(postgresJs(url, { max: 10 }), { schema }) as unknown as LibSQLDatabase<
      typeof schema
    >
  const client = createClient({ url })
  await client.execute("pragma journal_mode = wal")
  return drizzleLibsql(client, { schema })
}

const db = await open(process.env.DATABASE_URL ?? "")

const Item = z.object({
  id: z.int(),
  title: z.string(),
  description: z.string().nullable(),
  price: z.number(),
  owner_id: z.int(),
  created_at: z.string(),
  updated_at: z.string(),
})
const User = z.object({
  id: z.int(),
  username: z.string(),
  created_at: z.string(),
})
const NewItem = z.object({
  title: z.string().trim().min(1).max(200),
  description: z.string().trim().max(10_000).nullish(),
  price: z.number().min(0),
})
const Message = z.object({ message: z.string() })
const Id = z.object({ id: z.coerce.number().int().min(1) })
const ListQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  skip: z.coerce.number().int().min(0).default(0),
  sort: z.enum(["id", "-id", "price", "-price", "title", "-title"]).default("id"),
  include: z.enum(["owner"]).optional(),
  "price[gte]": z.coerce.number().optional(),
})

const json = <S extends z.ZodType>(description: string, of: S) => ({
  description,
  content: { "application/json": { schema: of } },
})
const publicUser = {
  id: users.id,
  username: users.username,
  created_at: users.created_at,
}

const app = new OpenAPIHono()

app.openapi(
  createRoute({
    method: "get",
    path: "/items",
    request: { query: ListQuery },
    responses: { 200: json("Items", z.array(Item.extend({ owner: User.optional() }))) },
  }),
  async (c) => {
    const query = c.req.valid("query")
    const least = query["price[gte]"]
    const column = items[query.sort.replace("-", "") as "id" | "price" | "title"]
    const where = and(least === undefined ? undefined : gte(items.price, least))
    const order = [query.sort.startsWith("-") ? desc(column) : asc(column), asc(items.id)]
    if (query.include === "owner") {
      const rows = await db
        .select({ ...getTableColumns(items), owner: publicUser })
        .from(items)
        .innerJoin(users, eq(users.id, items.owner_id))
        .where(where)
        .orderBy(...order)
        .limit(query.limit)
        .offset(query.skip)
      return c.json(rows, 200)
    }
    const rows = await db
      .select()
      .from(items)
      .where(where)
      .orderBy(...order)
      .limit(query.limit)
      .offset(query.skip)
    return c.json(rows, 200)
  },
)

app.openapi(
  createRoute({
    method: "get",
    path: "/items/{id}",
    request: { params: Id },
    responses: { 200: json("The item", Item), 404: json("No such item", Message) },
  }),
  async (c) => {
    const [row] = await db
      .select()
      .from(items)
      .where(eq(items.id, c.req.valid("param").id))
    return row ? c.json(row, 200) : c.json({ message: "Not found" }, 404)
  },
)

app.openapi(
  createRoute({
    method: "get",
    path: "/users/{id}",
    request: { params: Id },
    responses: {
      200: json("The user", User.extend({ items: z.array(Item) })),
      404: json("No such user", Message),
    },
  }),
  async (c) => {
    const row = await db.query.users.findFirst({
      columns: { id: true, username: true, created_at: true },
      where: eq(users.id, c.req.valid("param").id),
      with: { items: { orderBy: desc(items.id), limit: 100 } },
    })
    return row ? c.json(row, 200) : c.json({ message: "Not found" }, 404)
  },
)

app.openapi(
  createRoute({
    method: "post",
    path: "/items",
    middleware: [jwt({ secret: process.env.AUTH_SECRET ?? "", alg: "HS256" })] as const,
    request: { body: { required: true, content: { "application/json": { schema: NewItem } } } },
    responses: { 201: json("The new item", Item) },
  }),
  async (c) => {
    const owner_id = Number((c.get("jwtPayload") as { sub: string }).sub)
    const [row] = await db
      .insert(items)
      .values({ ...c.req.valid("json"), owner_id })
      .returning()
    if (!row) throw new Error("The insert returned nothing")
    return c.json(row, 201)
  },
)

serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(process.env.PORT) })
