import { type Floor, instant, preparer } from "./floor-statements.ts"
import { account } from "./routes.ts"

/**
 * The statements that one writes without trying others, for Postgres: `json_agg` over the page, limits and offsets as
 * values, and one instant in each row.
 */
export function openPlain(url: string): Floor {
  const prepare = preparer(url)
  const item = `id, title, description, price, owner_id, ${instant("created_at", "created_at")}`
  const user = `u.id, u.username, ${instant("u.created_at", "created_at")}`
  const list = (columns: string, rows: string) =>
    `select coalesce(json_agg(x), '[]')::text from (select ${columns} from ${rows}) x`
  return {
    item: prepare(`select row_to_json(x)::text from (select ${item} from items where id = $1) x`),
    user: prepare(
      `select row_to_json(x)::text from (select ${user}, (select coalesce(json_agg(y), '[]') from
        (select ${item} from items where owner_id = u.id order by id desc limit 100) y) as items
      from users u where u.id = $1) x`,
    ),
    list: prepare(list(item, "items order by id limit $1")),
    skip: prepare(list(item, "items order by id limit $1 offset $2")),
    listWithOwner: prepare(
      list(
        `i.id, i.title, i.description, i.price, i.owner_id, ${instant("i.created_at", "created_at")},
          (select row_to_json(y) from (select ${user} from users u where u.id = i.owner_id) y) as owner`,
        "items i order by i.id limit $1",
      ),
    ),
    page: prepare(list(item, "items where price >= $1 order by price desc, id limit $2")),
    create: prepare(
      `insert into items (title, price, owner_id) values ($1, $2, ${account.id})
      returning (select row_to_json(x) from (select ${item}) x)::text`,
    ),
  }
}
