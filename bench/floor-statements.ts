import Sqlite from "libsql"
import postgresJs from "postgres"
import { account } from "./routes.ts"

type Body = string | undefined | Promise<string | undefined>

/** A statement for each measured route, in the fastest spelling that was tried; each answers with the body. */
export interface Floor {
  item(id: number): Body
  user(id: number): Body
  list(limit: number): Body
  listWithOwner(limit: number): Body
  page(least: number, limit: number): Body
  create(title: string, price: number): Body
}

export const openFloor = (url: string): Floor => (url.startsWith("postgres") ? onPostgres(url) : onFile(url))

/** Statements that are kept prepared; a create is its own commit, as durable as the product's. */
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

function onPostgres(url: string): Floor {
  // Clients of one connection: postgres.js slows down with each statement where it has several.
  const lines = Array.from({ length: 10 }, () => ({
    sql: postgresJs(url, { max: 1, fetch_types: false }),
    underway: 0,
  }))
  const prepare =
    (text: string) =>
    async (...params: (string | number)[]) => {
      const line = lines.reduce((least, line) => (line.underway < least.underway ? line : least))
      line.underway++
      const rows = (await line.sql.unsafe(text, params, { prepare: true }).values()) as string[][]
      line.underway--
      return rows[0]?.[0]
    }
  const instant = (column: string, name: string) =>
    `to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as ${name}`
  const item = (t: string) =>
    `${t}.id, ${t}.title, ${t}.description, ${t}.price, ${t}.owner_id,
      ${instant(`${t}.created_at`, "created_at")}, ${instant(`${t}.updated_at`, "updated_at")}`
  const user = `u.id, u.username,
    ${instant("u.created_at", "created_at")}`
  // The inner select keeps Postgres from spelling out the instants of rows that the limit drops.
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
