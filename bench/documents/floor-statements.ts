import { instant } from "../floor-statements.ts"

type Statements = Record<string, string>

/** The groups or rows of a page, and the one more that tells whether more follow. */
const groupsRead = 1001
const rowsRead = 101

const sqlite: Statements = {
  ready: "select 1",
  "by-owner": `select json_group_array(json_object('owner_id', owner_id, 'count', n, 'sum_price', p)) from
    (select owner_id, count(*) n, sum(price) p from items group by owner_id order by owner_id limit ${groupsRead})`,
  "by-month": `select json_group_array(json_object('created_at:month', m || '-01T00:00:00.000Z', 'count', n, 'sum_price', p)) from
    (select substr(created_at, 1, 7) m, count(*) n, sum(price) p from items group by 1 order by 1 limit ${groupsRead})`,
  "by-color": `select json_group_array(json_object('color', c, 'count', n, 'sum_price', p)) from
    (select data ->> '$.color' c, count(*) n, sum(data ->> '$.price') p from documents group by 1 order by 1 limit ${groupsRead})`,
  tree: `select json_group_array(json_object('id', i.id, 'title', i.title, 'description', i.description, 'color', i.color,
    'width', i.width, 'height', i.height, 'price', i.price, 'owner_id', i.owner_id, 'created_at', i.created_at, 'updated_at', i.updated_at)) from
    (select id from items i where price < 5 or color = 'color7'
      or exists (select 1 from users u where u.id = i.owner_id and u.email = 'user77@example.com') order by id limit ${rowsRead}) k
    cross join items i on i.id = k.id`,
}

const postgres: Statements = {
  ready: "select 1",
  "by-owner": `select json_agg(x)::text from (select owner_id, count(*) as count, sum(price) as sum_price
    from items group by owner_id order by owner_id limit ${groupsRead}) x`,
  "by-month": `select json_agg(x)::text from (select to_char(m, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "created_at:month", count, sum_price from
    (select date_trunc('month', created_at at time zone 'utc') m, count(*) as count, sum(price) as sum_price
    from items group by 1 order by 1 limit ${groupsRead}) m) x`,
  "by-color": `select json_agg(x)::text from (select data ->> 'color' as color, count(*) as count,
    sum((data ->> 'price')::double precision) as sum_price from documents group by 1 order by 1 limit ${groupsRead}) x`,
  tree: `select json_agg(x)::text from (select i.id, i.title, i.description, i.color, i.width, i.height, i.price, i.owner_id,
    ${instant("i.created_at", "created_at")}, ${instant("i.updated_at", "updated_at")} from
    (select * from items i where price < 5 or color = 'color7'
      or exists (select 1 from users u where u.id = i.owner_id and u.email = 'user77@example.com') order by id limit ${rowsRead}) i) x`,
}

/** What a team would write by hand for the requests of `routes.ts`: one text of JSON each. */
export const statements: Record<"sqlite" | "postgres", Statements> = { sqlite, postgres }
