import { afterEach, beforeEach, expect, test } from "vitest"
import { expectIds, expectRefused, idsOf } from "../support/queries.ts"
import { rowsOf } from "../support/samples.ts"
import { witnessed } from "../support/witnessed.ts"
import type { World } from "../support/world.ts"

/** Filters. Prices are 10.25, 20.25, 30.25 (Ann's), 10.5, 20.5, 30.5 (Bob's); descriptions 2 and 5 are null. */
let w: World
beforeEach(async () => {
  w = await witnessed()
})
afterEach(() => w.close())

test("each operator", async () => {
  await expectIds(w, "/items", [
    ["price=10.25", [1]],
    ["price[eq]=10.25", [1]],
    ["price[eq]=1025e-2", [1]],
    ["price[ne]=10.25", [2, 3, 4, 5, 6]],
    ["price[gt]=20.25", [3, 5, 6]],
    ["price[gte]=20.25", [2, 3, 5, 6]],
    ["price[lt]=20.25", [1, 4]],
    ["price[lte]=20.25", [1, 2, 4]],
    ["price[in]=10.5,30.5,99", [4, 6]],
    ["price[nin]=10.5,30.5,99", [1, 2, 3, 5]],
    ["price[gt]=-1", [1, 2, 3, 4, 5, 6]],
    ["id[in]=5,1,5", [1, 5]],
    ["id[gt]=9007199254740991", []],
    ["description=number 1", [1, 4]],
    ["description[ne]=number 1", [2, 3, 5, 6]],
    ["description[nin]=number 1,number 3", [2, 5]],
    ["description[gt]=number 1", [3, 6]],
    ["description[is_null]=true", [2, 5]],
    ["description[is_null]=false", [1, 3, 4, 6]],
    ["description=", []],
    ["title[contains]='s 1", [1, 4]],
    ["title[contains]=NN", []],
    ["title[starts_with]=bob", [4, 5, 6]],
    ["title[starts_with]=ob", []],
    ["title[contains]=", [1, 2, 3, 4, 5, 6]],
    ["title[gte]=bob", [4, 5, 6]],
    ["title[lt]=b", [1, 2, 3]],
    ["created_at[gt]=2020-01-01T00:00:00Z", [1, 2, 3, 4, 5, 6]],
    ["created_at[lt]=2020-01-01T01:00:00.5%2B01:00", []],
  ])
})

test("each repeats as AND", async () => {
  await expectIds(w, "/items", [
    ["price[gt]=10.25&price[lt]=30", [2, 4, 5]],
    ["price[gt]=10.25&price[gt]=20.25", [3, 5, 6]],
    ["price=10.25&price=10.5", []],
    ["price[ne]=10.25&price[ne]=10.5&price[ne]=20.5", [2, 3, 6]],
    ["title[contains]=n&title[contains]=3", [3]],
    ["description[is_null]=true&description[is_null]=false", []],
    ["owner_id=1&owner.username=bob", []],
  ])
  const many = (count: number) => Array.from({ length: count }, (_, i) => `price[ne]=${i}`).join("&")
  await expectIds(w, "/items", [[many(40), [1, 2, 3, 4, 5, 6]]])
  expect((await w.call("GET", `/items?${many(41)}`)).status).toBe(422)
})

test("wildcards and quotes are plain characters", async () => {
  const titles = [
    "100%",
    "a_b",
    "a,b",
    'say "hi"',
    'a,"b"',
    "back\\slash",
    "😀, é",
    "a*b?",
    "'; drop table items; --",
  ]
  const json = titles.map((title) => ({ title, price: 1 }))
  const created = rowsOf(await w.call("POST", "/items", { token: w.ann.token, json }))
  const id = (title: string) => created.find((row) => row.title === title)?.id as number
  const q = encodeURIComponent
  await expectIds(w, "/items", [
    ...titles.map((title): [string, number[]] => [`title=${q(title)}`, [id(title)]]),
    ["title[contains]=%25", [id("100%")]],
    ["title[contains]=_", [id("a_b")]],
    [`title[contains]=${q("*b?")}`, [id("a*b?")]],
    [`title[starts_with]=${q("a_")}`, [id("a_b")]],
    [`title[starts_with]=${q("😀")}`, [id("😀, é")]],
    [`title[in]=${q('"a,b"')}`, [id("a,b")]],
    [`title[in]=${q('100%,"a,b",a_b')}`, [id("100%"), id("a_b"), id("a,b")]],
    [`title[in]=${q('"a,""b""","say ""hi"""')}`, [id('say "hi"'), id('a,"b"')]],
    [`title[in]=${q('"100%"')}`, [id("100%")]],
    [`title[in]=${q(',"a,b"')}`, [id("a,b")]],
    [`title[in]=${q('"a,b",')}`, [id("a,b")]],
    [`title[in]=${q('say "hi"')}`, [id('say "hi"')]],
    ["title[in]=", []],
    [
      `title[nin]=${q('"a,b"')}&price=1`,
      created.map((row) => row.id as number).filter((i) => i !== id("a,b")),
    ],
  ])
  // What follows a closing quote without a comma is a slip, and must not be dropped without a word.
  await expectRefused(w, "/items", [
    [`title[in]=${q('"a"b,100%')}`, "title[in]"],
    [`title[in]=${q('"unclosed')}`, "title[in]"],
  ])
})

test("through relations", async () => {
  await expectIds(w, "/items", [
    ["owner.username=ann", [1, 2, 3]],
    ["owner.username[ne]=ann", [4, 5, 6]],
    ["owner.username[in]=ann,root&price[gt]=20", [2, 3]],
    ["owner.id[gt]=1", [4, 5, 6]],
    ["owner.items.title=bob's 1", [4, 5, 6]],
    ["owner.items.owner.username=ann", [1, 2, 3]],
  ])
  await expectIds(w, "/users", [
    ["items.price[gt]=30.25", [2]],
    ["items.price[gt]=30&items.price[lt]=11", [1, 2]],
    ["items.id[gt]=0", [1, 2]],
    ["items.description[is_null]=true&username=ann", [1]],
  ])
  await expectRefused(w, "/items", [
    ["owner=ann", "owner"],
    ["owner.nope=1", "owner.nope"],
    ["owner.username[nope]=1", "owner.username[nope]"],
    ["nope.username=ann", "nope.username"],
    ["owner..username=ann", "owner..username"],
    [".owner.username=ann", ".owner.username"],
    ["owner.items.owner.items.id=1", "owner.items.owner.items.id"],
    ["owner.email=ann@example.com", "owner.email"],
    ["owner.hashed_password[starts_with]=$", "owner.hashed_password[starts_with]"],
    ["owner.id=x", "owner.id"],
  ])
})

test("ill-typed operands and operators are refused by name", async () => {
  const wrong = [
    ...[
      "price=",
      "price=x",
      "price=1e309",
      "price=-1e309",
      "price=NaN",
      "price=Infinity",
      "price=0x10",
      "price=1,5",
    ],
    ...["price[in]=", "price[in]=1,", "price[in]=1,x", "price[nin]=x", "price=true", "price=1%00"],
    ...["id=1.5", "id=x", "id=1e3", "id=9223372036854775808", "id[in]=1,9223372036854775808", "id[gt]=%201"],
    ...["price[contains]=1", "id[starts_with]=1", "price[is_null]=true", "title[is_null]=false"],
    ...["description[is_null]=", "description[is_null]=1", "description[is_null]=TRUE"],
    ...[
      "created_at=yesterday",
      "created_at=2026-02-30T00:00:00Z",
      "created_at[gt]=2026-01-01",
      "created_at=1700000000",
    ],
    ...[
      "price[like]=1",
      "price[GT]=1",
      "price[eq ]=1",
      "title=%00",
      "title[contains]=%00",
      "title[in]=a,%00",
    ],
  ]
  const refused = wrong.map((query): [string, string] => [query, query.slice(0, query.indexOf("="))])
  await expectRefused(w, "/items", refused)
})

test("emails are found however they are typed", async () => {
  for (const email of ["ann@example.com", "ANN@Example.com"])
    expect(await idsOf(w, `/users?email=${email}`, w.root)).toEqual([1])
  expect(await idsOf(w, "/users?email[in]=Ann@example.com,BOB@example.com", w.root)).toEqual([1, 2])
  await expectIds(w, "/users", [["role=admin", [3]]], w.root)
  await expectRefused(
    w,
    "/users",
    [
      ["role=king", "role"],
      ["role[in]=user,king", "role[in]"],
    ],
    w.root,
  )
})

test("an instant that is finer than a stored one is compared as it is", async () => {
  const at = (id: number, created: string) => ({
    text: `update items set created_at = '${created}' where id = ${id}`,
    params: [],
  })
  const instants = ["2026-01-31T12:00:00.611Z", "2026-01-31T12:00:00.612Z", "2026-01-31T12:00:00.613Z"]
  await w.database.connect().batch([
    ...instants.map((instant, i) => at(i + 1, instant)),
    // Before 1970, the digits still count upwards.
    at(4, "1969-12-31T23:59:59.999Z"),
    { text: "delete from items where id > 4", params: [] },
  ])
  const stored = "2026-01-31T12:00:00.612"
  for (const digits of ["456", "4", "999999", "000001", "0000001", "4560000000", "000000000000001"]) {
    const finer = `${stored}${digits}Z`
    await expectIds(w, "/items", [
      [`created_at[gt]=${finer}`, [3]],
      [`created_at[gte]=${finer}`, [3]],
      [`created_at[lt]=${finer}`, [1, 2, 4]],
      [`created_at[lte]=${finer}`, [1, 2, 4]],
      [`created_at=${finer}`, []],
      [`created_at[ne]=${finer}`, [1, 2, 3, 4]],
      [`created_at[in]=${finer}`, []],
      [`created_at[in]=${finer},${stored}Z`, [2]],
      [`created_at[nin]=${finer}`, [1, 2, 3, 4]],
      [`created_at[nin]=${finer},${stored}Z`, [1, 3, 4]],
      [`created_at[gte]=${stored}Z&created_at[lt]=${finer}`, [2]],
    ])
  }
  for (const same of ["612Z", "612000Z", "6120000000000Z"])
    await expectIds(w, "/items", [
      [`created_at=2026-01-31T12:00:00.${same}`, [2]],
      [`created_at[gte]=2026-01-31T12:00:00.${same}`, [2, 3]],
      [`created_at[lt]=2026-01-31T12:00:00.${same}`, [1, 4]],
      [`created_at[in]=2026-01-31T12:00:00.${same}`, [2]],
      [`created_at=2026-01-31T14:30:00.${same.replace("Z", "%2B02:30")}`, [2]],
    ])
  await expectIds(w, "/items", [
    ["created_at[gt]=2026-01-31T14:00:00.612456%2B02:00", [3]],
    ["created_at[lt]=2026-01-31T06:59:00.6120000009-05:01", [1, 2, 4]],
    ["created_at[gt]=1969-12-31T23:59:59.9985Z&created_at[lt]=1970-01-01T00:00:00Z", [4]],
    ["created_at[gte]=1969-12-31T23:59:59.9991Z&created_at[lt]=1970-01-01T00:00:00Z", []],
  ])
  // Through relations, and in embeds.
  expect(await idsOf(w, `/users?items.created_at=${stored}5Z`)).toEqual([])
  expect(await idsOf(w, `/users?items.created_at[lte]=${stored}5Z`)).toEqual([1, 2])
  const embed = async (filter: string) => {
    const answer = await w.call("GET", `/users/1?include=items&include.items.sort=id&${filter}`)
    return (answer.body as { items: { id: number }[] }).items.map(({ id }) => id)
  }
  expect(await embed(`include.items.created_at[gte]=${stored}456Z`)).toEqual([3])
  expect(await embed(`include.items.created_at[lt]=${stored}456Z`)).toEqual([1, 2])
  expect(await embed(`include.items.created_at=${stored}456Z`)).toEqual([])
  expect(await embed(`include.items.created_at[ne]=${stored}456Z`)).toEqual([1, 2, 3])
})

test("a column of one's own that is finer than milliseconds is compared by its microseconds", async () => {
  if (w.database.dialect !== "postgres") return
  const alter = (type: string) => `alter table items alter created_at type ${type}`
  const client = w.database.connect()
  await client.batch([
    { text: alter("timestamptz"), params: [] },
    { text: "update items set created_at = '2026-01-31T12:00:00.612456Z'", params: [] },
  ])
  try {
    const all = [1, 2, 3, 4, 5, 6]
    await expectIds(w, "/items", [
      ["created_at=2026-01-31T12:00:00.612456Z", all],
      ["created_at[in]=2026-01-31T12:00:00.6124560Z", all],
      ["created_at=2026-01-31T12:00:00.612Z", []],
      ["created_at[gt]=2026-01-31T12:00:00.612455Z", all],
      ["created_at[gt]=2026-01-31T12:00:00.612456Z", []],
      ["created_at[gte]=2026-01-31T12:00:00.6124561Z", []],
      ["created_at[lt]=2026-01-31T12:00:00.6124561Z", all],
      ["created_at=2026-01-31T12:00:00.6124559Z", []],
      ["created_at[ne]=2026-01-31T12:00:00.6124559Z", all],
    ])
  } finally {
    // The suites of a worker share their tables.
    await client.batch([{ text: alter("timestamptz(3)"), params: [] }])
  }
})

test("operands are compared as they are given: text untouched, and a number that no whole number is refused", async () => {
  const { call } = w
  const made = await call("POST", "/items", { token: w.ann.token, json: { title: "Ab c", price: 1 } })
  expect(made.status).toBe(201)
  const { id } = made.body as { id: number }
  await expectIds(w, "/items", [
    ["title=Ab c", [id]],
    ["title=%20Ab c", []],
    ["title=Ab c%20", []],
    ["title=ab c", []],
    ["title=Ab%20%20c", []],
    ["title[in]=ab c,%20Ab c", []],
    ["title[starts_with]=%20A", []],
    ["title[contains]=B", []],
    ["price=0.99999999999999999999", [id]],
  ])
  for (const value of ["1.5", "1.0", "1e0", "9223372036854775808", "-9223372036854775809"])
    for (const operator of ["", "[gte]", "[lt]", "[ne]", "[in]"]) {
      const name = `owner_id${operator}`
      expect((await call("GET", `/items?${name}=${value}`)).body).toMatchObject({ errors: [{ path: name }] })
    }
})
