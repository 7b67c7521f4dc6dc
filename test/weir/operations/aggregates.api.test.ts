import { afterAll, beforeAll, expect, test } from "vitest"
import { expectRefused } from "../support/queries.ts"
import { type Row, rowsOf } from "../support/samples.ts"
import { witnessed } from "../support/witnessed.ts"
import type { Person, World } from "../support/world.ts"

/** Aggregates. Prices are 10.25, 20.25, 30.25 (Ann's), 10.5, 20.5, 30.5 (Bob's); descriptions 2 and 5 are null. */
let w: World
beforeAll(async () => {
  w = await witnessed()
})
afterAll(() => w.close())

const get = (path: string, person?: Person) => w.call("GET", path, { token: person?.token })

/** Asks each query of a path, and compares the rows; all mismatches show at once. */
async function expectRows(
  path: string,
  scenarios: [query: string, rows: Row[]][],
  person?: Person,
): Promise<void> {
  const answered: [string, unknown][] = []
  for (const [query] of scenarios) {
    const answer = await get(`${path}?${query}`, person)
    answered.push([query, answer.status === 200 ? answer.body : `${answer.status} ${answer.text}`])
  }
  expect(answered).toEqual(scenarios)
}

test("each aggregate, of all rows", async () => {
  await expectRows("/items", [
    ["aggregate=count", [{ count: 6 }]],
    ["aggregate=count,count(description),count(id)", [{ count: 6, count_description: 4, count_id: 6 }]],
    [
      "aggregate=sum(price),avg(price),min(price),max(price)",
      [{ sum_price: 122.25, avg_price: 20.375, min_price: 10.25, max_price: 30.5 }],
    ],
    ["aggregate=min(title),max(title)", [{ min_title: "ann's 1", max_title: "bob's 3" }]],
    ["aggregate=sum(id),avg(id),max(id)", [{ sum_id: 21, avg_id: 3.5, max_id: 6 }]],
    ["aggregate=min(owner.username)", [{ "min_owner.username": "ann" }]],
    ["aggregate=count&price[gt]=10.25&owner.username=ann", [{ count: 2 }]],
    [
      "aggregate=count,count(id),sum(price),avg(id),min(title)&price[lt]=0",
      [{ count: 0, count_id: 0, sum_price: null, avg_id: null, min_title: null }],
    ],
    ["aggregate=count&group=owner_id&price[lt]=0", []],
  ])
  expect((await get("/items?aggregate=count,sum(price)&group=owner_id")).text.replace(/\s/g, "")).toBe(
    '[{"owner_id":1,"count":3,"sum_price":60.75},{"owner_id":2,"count":3,"sum_price":61.5}]',
  )
})

test("groups, their order and their pages", async () => {
  await expectRows("/items", [
    [
      "aggregate=sum(price)&group=owner.username",
      [
        { "owner.username": "ann", sum_price: 60.75 },
        { "owner.username": "bob", sum_price: 61.5 },
      ],
    ],
    [
      "aggregate=count&group=description&sort=-count,description",
      [
        { description: "number 1", count: 2 },
        { description: "number 3", count: 2 },
        { description: null, count: 2 },
      ],
    ],
    ["aggregate=sum(price)&group=owner_id&sort=-sum(price)&limit=1", [{ owner_id: 2, sum_price: 61.5 }]],
    ["aggregate=count&group=owner_id&skip=1", [{ owner_id: 2, count: 3 }]],
    [
      "aggregate=count&group=owner_id,description&sort=-description&limit=2",
      [
        { owner_id: 1, description: null, count: 1 },
        { owner_id: 2, description: null, count: 1 },
      ],
    ],
  ])
  const counted = await get("/items?aggregate=count&group=owner_id,description&limit=4&count=exact")
  expect(counted.headers.get("x-total-count")).toBe("6")
})

test("what is refused, by name", async () => {
  await expectRefused(w, "/items", [
    ["aggregate=", "aggregate"],
    ["aggregate=count,", "aggregate"],
    ["aggregate=sum", "aggregate"],
    ["aggregate=median(price)", "aggregate"],
    ["aggregate=sum(title)", "aggregate"],
    ["aggregate=sum(created_at)", "aggregate"],
    ["aggregate=sum(nothing)", "aggregate"],
    ["aggregate=count(owner)", "aggregate"],
    ["aggregate=count,count", "aggregate"],
    ["aggregate=count&aggregate=count", "aggregate"],
    ["aggregate=count&group=nothing", "group"],
    ["aggregate=count&group=owner_id,owner_id", "group"],
    ["aggregate=count&group=owner", "group"],
    ["aggregate=count&group=price:month", "group"],
    ["aggregate=count&group=created_at:minute", "group"],
    ["aggregate=count&group=created_at:day&tz=Nowhere/Else", "tz"],
    ["aggregate=count&group=created_at:day&tz=%2B01:00", "tz"],
    ["aggregate=count&fields=id&include=owner", "fields", "include"],
    ["aggregate=count&sort=price", "sort"],
    ["aggregate=count&sort=-sum(price)", "sort"],
    ["aggregate=count&limit=0&nothing=1", "limit", "nothing"],
    ["aggregate=count&group=owner_id&after=x", "after"],
    ["group=owner_id", "group"],
    ["aggregate=count&group=owner.hashed_password", "group"],
    ["aggregate=count(owner.email)", "aggregate"],
    ["aggregate=count&group=owner.role", "group"],
  ])
  await expectRefused(
    w,
    "/users",
    [
      ["aggregate=count&group=hashed_password", "group"],
      ["aggregate=max(hashed_password)", "aggregate"],
      ["aggregate=count&group=items.price", "group"],
    ],
    w.root,
  )
  expect(rowsOf(await get("/items?aggregate=count")).length).toBe(1)
})

test("a field that is read in some rows counts as null in the others", async () => {
  await expectRows(
    "/users",
    [
      [
        "aggregate=count,count(email),min(email),max(email)",
        [{ count: 3, count_email: 1, min_email: "ann@example.com", max_email: "ann@example.com" }],
      ],
      [
        "aggregate=count&group=role",
        [
          { role: "user", count: 1 },
          { role: null, count: 2 },
        ],
      ],
    ],
    w.ann,
  )
  await expectRows(
    "/items",
    [
      [
        "aggregate=count&group=owner.email",
        [
          { "owner.email": "ann@example.com", count: 3 },
          { "owner.email": null, count: 3 },
        ],
      ],
    ],
    w.ann,
  )
  await expectRows(
    "/users",
    [
      [
        "aggregate=count(email)&group=role",
        [
          { role: "admin", count_email: 1 },
          { role: "user", count_email: 2 },
        ],
      ],
    ],
    w.root,
  )
})

test("the rows of one parent", async () => {
  await expectRows("/users/1/items", [["aggregate=count,sum(price)", [{ count: 3, sum_price: 60.75 }]]])
  await expectRows("/users/3/items", [["aggregate=count,sum(price)", [{ count: 0, sum_price: null }]]])
  expect((await get("/users/9/items?aggregate=count")).status).toBe(404)
})

test("having chooses among the groups, by the members of the result", async () => {
  const having = (tree: object) => `having=${encodeURIComponent(JSON.stringify(tree))}`
  const query = "aggregate=count,sum(price),max(title)&group=owner_id,owner.username"
  const all = rowsOf(await get(`/items?${query}`))
  const [ann, bob] = all as [Row, Row]
  await expectRows("/items", [
    [`${query}&${having({})}`, all],
    [`${query}&${having({ sum_price: { gt: 61 } })}`, [bob]],
    [`${query}&${having({ count: 3, sum_price: { lt: 61 } })}`, [ann]],
    [`${query}&${having({ "owner.username": "bob" })}`, [bob]],
    [`${query}&${having({ or: [{ owner_id: 1 }, { max_title: { starts_with: "bob" } }] })}`, all],
    [`${query}&${having({ not: { sum_price: { between: [61, 62] } } })}`, [ann]],
    [`${query}&${having({ count: { in: [1, 2] } })}`, []],
    [`${query}&${having({ sum_price: { is_null: true } })}`, []],
    [
      `aggregate=count,sum(price)&price[lt]=0&${having({ sum_price: { is_null: true } })}`,
      [{ count: 0, sum_price: null }],
    ],
    [`aggregate=count&${having({ count: { gt: 6 } })}`, []],
  ])
  expect(
    (await get(`/items?${query}&${having({ sum_price: { gt: 61 } })}&limit=1`)).links.next,
  ).toBeUndefined()
  const counted = await get(`/items?${query}&count=exact&${having({ sum_price: { gt: 61 } })}`)
  expect(counted.headers.get("x-total-count")).toBe("1")
  await expectRefused(w, "/items", [
    [`aggregate=count&${having({ price: 1 })}`, "having.price"],
    [`aggregate=count&${having({ owner: { id: 1 } })}`, "having.owner"],
    [`aggregate=count&${having({ count: { contains: "1" } })}`, "having.count.contains"],
    [`aggregate=count&${having({ count: "many" })}`, "having.count"],
    ["aggregate=count&having=x", "having"],
    ["having={}", "having"],
  ])
})
