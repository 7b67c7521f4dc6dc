import Sqlite from "libsql"
import postgresJs from "postgres"
import { account } from "./routes.ts"

type Body = string | undefined | Promise<string | undefined>

/** A statement for each measured route, in the fastest form that was tried. Each returns the response body. */
export interface Floor {
  item(id: number): Body
  user(id: number): Body
  list(limit: number): Body
  skip(limit: number, skip: number): Body
  listWithOwner(limit: number): Body
  page(least: number, limit: number): Body
  create(title: string, price: number): Body
}

export const openFloor = (url: string): Floor => (url.startsWith("postgres") ? onPostgres(url) : onFile(url))

/** Prepared statements on a file. Each create has a commit of its own, as durable as the product's. */
function onFile(url: string): Floor {
  const db = new Sqlite(url.slice("file:".length))
  db.exec("pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on")
  db.exec("pragma cache_size = -65536")
  const prepare = (text: string) => {
    const statement = db.prepare(text).raw()
    return (...params: (string | number)[]) => (statement.get(params) as [string] | undefined)?.[0]
  }
  const item = (t: string, more = "") =>
    `json_object('id', ${t}.id, 'title', ${t}.title, 'description', ${t}.description, 'price', ${t}.price,
      'owner_id', ${t}.owner_id, 'created_at', ${t}.created_at, 'updated_at', ${t}.updated_at${more})`
  const user = (more = "") =>
    `json_object('id', u.id, 'username', u.username, 'created_at', u.created_at${more})`
  const itemsOfUser = `(select json_group_array(${item("i")})
    from (select * from items where owner_id = u.id order by id desc limit 100) i)`
  const insert = db
    .prepare(
      `insert into items (title, price, owner_id) values (?, ?, ${account.id}) returning ${item("items")}`,
    )
    .raw()
  return {
    item: prepare(`select ${item("i")} from items i where i.id = ?`),
    user: prepare(`select ${user(`, 'items', ${itemsOfUser}`)} from users u where u.id = ?`),
    list: prepare(`select json_group_array(${item("i")}) from (select * from items order by id limit ?) i`),
    skip: prepare(
      `select json_group_array(${item("i")}) from (select * from items order by id limit ? offset ?) i`,
    ),
    listWithOwner: prepare(
      `select json_group_array(${item("i", `, 'owner', ${user()}`)})
      from (select * from items order by id limit ?) i join users u on u.id = i.owner_id`,
    ),
    page: prepare(
      `select json_group_array(${item("i")})
      from (select id from items where price >= ? order by price desc, id limit ?) k
      cross join items i on i.id = k.id`,
    ),
    // `all`, not `get`: an insert is committed when its statement has run to the end.
    create: (title, price) => (insert.all([title, price]) as [string][])[0]?.[0],
  }
}

type Prepare = (text: string) => (...params: (string | number)[]) => Promise<string | undefined>

/** Makes functions that run a prepared statement, and return the text in its one column. */
export function preparer(url: string): Prepare {
  // Ten clients of one connection each: one postgres.js client with ten slows down with every statement.
  const clients = Array.from({ length: 10 }, () => ({
    sql: postgresJs(url, { max: 1, fetch_types: false }),
    inFlight: 0,
  }))
  return (text) =>
    async (...params) => {
      const client = clients.reduce((least, each) => (each.inFlight < least.inFlight ? each : least))
      client.inFlight++
      const rows = (await client.sql.unsafe(text, params, { prepare: true }).values()) as string[][]
      client.inFlight--
      return rows[0]?.[0]
    }
}

export const instant = (column: string, name: string): string =>
  `to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as ${name}`

function onPostgres(url: string): Floor {
  const prepare = preparer(url)
  const item = (t: string) =>
    `${t}.id, ${t}.title, ${t}.description, ${t}.price, ${t}.owner_id,
      ${instant(`${t}.created_at`, "created_at")}, ${instant(`${t}.updated_at`, "updated_at")}`
  const user = `u.id, u.username,
    ${instant("u.created_at", "created_at")}`
  // With the inner select, Postgres formats the instants of the limited rows only.
  const list = (columns: string, rows: string) =>
    `select coalesce(json_agg(x), '[]')::text from (select ${columns} from (${rows}) i) x`
  return {
    item: prepare(`select row_to_json(x)::text from (select ${item("i")} from items i where i.id = $1) x`),
    user: prepare(
      `select row_to_json(x)::text from (select ${user},
        (select coalesce(json_agg(y), '[]') from
          (select ${item("i")} from items i where i.owner_id = u.id order by i.id desc limit 100) y) as items
      from users u where u.id = $1) x`,
    ),
    list: prepare(list(item("i"), "select * from items order by id limit $1")),
    skip: prepare(list(item("i"), "select * from items order by id limit $1 offset $2")),
    listWithOwner: prepare(
      list(
        `${item("i")}, (select row_to_json(y) from (select ${user} from users u where u.id = i.owner_id) y) as owner`,
        "select * from items order by id limit $1",
      ),
    ),
    page: prepare(list(item("i"), "select * from items where price >= $1 order by price desc, id limit $2")),
    create: prepare(
      `insert into items (title, price, owner_id) values ($1, $2, ${account.id})
      returning (select row_to_json(x) from (select ${item("items")}) x)::text`,
    ),
  }
}
