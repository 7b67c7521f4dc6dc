// First: in a worker it chooses the dialect, before anything loads a table.
import "#fresh"
import { describe } from "vitest"
import { type Scenario, scenarios } from "../support/scenarios.ts"

/** A title for a scenario: the start of what is sent. */
const short = (text: string): string => (text.length > 60 ? `${text.slice(0, 50)}… (${text.length})` : text)

/** The bodies of one route that are a 422: what is sent, and the paths that the answer must name. */
function refused(
  as: Scenario["as"],
  method: string,
  path: string,
  bodies: [json: unknown, errors: string[]][],
): void {
  scenarios(
    bodies.map(([json, errors]): Scenario => {
      const name = `${method} ${path} ${short(JSON.stringify(json))} names ${short(errors.join(", "))}`
      return { name, as: as ?? "anonymous", method, path, json, status: 422, errors, code: "invalid_request" }
    }),
  )
}

const item = { title: "x", price: 1 }
const user = { email: "new@example.com", username: "new_one", password: "long enough" }

/** Values that are no text. */
const notText = [null, 7, true, [], {}, ["x"]]
/** Values that are no price; JSON has no NaN, and what is too large for a double reads as infinite. */
const notPrices = ["5", "", null, true, [], {}, [1], -1, -0.01, -1e308]

describe("a body that is not what the route takes", () => {
  const media = { "content-type": "application/json" }
  const routes: [as: Scenario["as"], method: string, path: string][] = [
    ["ann", "POST", "/items"],
    ["ann", "PATCH", "/items/1"],
    ["ann", "POST", "/users/1/items"],
    ["anonymous", "POST", "/users"],
    ["ann", "PATCH", "/users/1"],
  ]
  for (const [as, method, path] of routes) {
    const send = (
      name: string,
      body: string,
      status: number,
      headers: Record<string, string> = media,
    ): Scenario => ({
      name: `${method} ${path}: ${name}`,
      ...(as ? { as } : {}),
      method,
      path,
      body,
      headers,
      status,
      ...(status === 422 ? { errors: ["body"] } : { code: "unsupported_media_type" }),
    })
    scenarios([
      send("nothing", "", 422),
      send("spaces", " \n ", 422),
      send("half of an object", '{"title":', 422),
      send("an object and more", "{} {}", 422),
      send("single quotes", "{'title':'x'}", 422),
      send("a comma too many", '{"title":"x",}', 422),
      send("NaN", '{"price":NaN}', 422),
      send("a form", "title=x&price=1", 422),
      send("null", "null", 422),
      send("true", "true", 422),
      send("a number", "7", 422),
      send("a text", '"title"', 422),
      send("an empty array", "[]", 422),
      send("plain text", '{"title":"x","price":1}', 415, { "content-type": "text/plain" }),
      send("a form's media type", "title=x&price=1", 415, {
        "content-type": "application/x-www-form-urlencoded",
      }),
      send("no media type", '{"title":"x","price":1}', 415, { "content-type": "" }),
    ])
  }

  scenarios([
    {
      name: "an array in an array",
      as: "ann",
      method: "POST",
      path: "/items",
      json: [[item]],
      status: 422,
      errors: ["0"],
    },
    {
      name: "an array of what is no object",
      as: "ann",
      method: "POST",
      path: "/items",
      json: [item, null],
      status: 422,
      errors: ["1"],
    },
    {
      name: "the third of three",
      as: "ann",
      method: "POST",
      path: "/items",
      json: [item, item, { title: "x" }],
      status: 422,
      errors: ["2.price"],
    },
    {
      name: "10001 rows",
      as: "ann",
      method: "POST",
      path: "/items",
      json: Array.from({ length: 10_001 }, () => item),
      status: 422,
      errors: ["body"],
    },
    {
      name: "an array for a change",
      as: "ann",
      method: "PATCH",
      path: "/items/1",
      json: [item],
      status: 422,
      errors: ["body"],
    },
    {
      name: "an empty change",
      as: "ann",
      method: "PATCH",
      path: "/items/1",
      json: {},
      status: 422,
      errors: ["body"],
    },
    {
      name: "an empty change of oneself",
      as: "ann",
      method: "PATCH",
      path: "/users/1",
      json: {},
      status: 422,
      errors: ["body"],
    },
    {
      name: "a compressed body",
      as: "ann",
      method: "POST",
      path: "/items",
      json: item,
      headers: { "content-encoding": "gzip" },
      status: 415,
    },
  ])
})

describe("an item", () => {
  const readOnly = ["id", "created_at", "updated_at"].map((name): [unknown, string[]] => [
    { ...item, [name]: 1 },
    [name],
  ])
  refused("ann", "POST", "/items", [
    [{}, ["title", "price"]],
    [{ title: "x" }, ["price"]],
    [{ price: 1 }, ["title"]],
    ...notText.map((title): [unknown, string[]] => [{ ...item, title }, ["title"]]),
    ...notText
      .slice(1)
      .map((description): [unknown, string[]] => [{ ...item, description }, ["description"]]),
    ...["", " ", "\t\n\u00a0\u3000"].map((title): [unknown, string[]] => [{ ...item, title }, ["title"]]),
    [{ ...item, title: "x".repeat(201) }, ["title"]],
    [{ ...item, description: "x".repeat(10_001) }, ["description"]],
    [{ ...item, title: "a\0b" }, ["title"]],
    [{ ...item, description: "\ud83d" }, ["description"]],
    ...notPrices.map((price): [unknown, string[]] => [{ ...item, price }, ["price"]]),
    ...readOnly,
    [{ ...item, owner: { id: 1 } }, ["owner"]],
    [{ ...item, Title: "x" }, ["Title"]],
    [{ ...item, "title ": "x", "": 1 }, ["title ", ""]],
    [{ title: 7, price: "x", colour: "red" }, ["title", "price", "colour"]],
    ...["1", 1.5, -0.5, null, {}, 2 ** 53].map((owner_id): [unknown, string[]] => [
      { ...item, owner_id },
      ["owner_id"],
    ]),
  ])
  refused("ann", "PATCH", "/items/1", [
    [{ title: null }, ["title"]],
    [{ title: " " }, ["title"]],
    [{ title: "x".repeat(201) }, ["title"]],
    ...notPrices.map((price): [unknown, string[]] => [{ price }, ["price"]]),
    [{ id: 1 }, ["id"]],
    [{ created_at: "2026-01-01T00:00:00Z" }, ["created_at"]],
    [{ updated_at: null, price: 1 }, ["updated_at"]],
    [{ colour: "red" }, ["colour"]],
    [{ title: "x", price: -1, id: 2 }, ["price", "id"]],
  ])
  const headers = { "content-type": "application/json" }
  scenarios([
    ...["1e309", "-1e309", "1e400"].map(
      (price): Scenario => ({
        name: `a price of ${price}`,
        as: "ann",
        method: "PATCH",
        path: "/items/1",
        body: `{"price":${price}}`,
        headers,
        status: 422,
        errors: ["price"],
      }),
    ),
    // Minus zero is zero, in the answer and in the database, whatever it makes of the sign.
    {
      name: "a price of -0",
      as: "ann",
      method: "POST",
      path: "/items",
      body: '{"title":"x","price":-0}',
      headers,
      status: 201,
      content: { price: 0 },
      after: { items: { 7: { price: 0 } } },
    },
    {
      name: "a title in spaces",
      as: "ann",
      method: "POST",
      path: "/items",
      json: { ...item, title: " \t x y \n" },
      status: 201,
      content: { title: "x y" },
      after: { items: { 7: { title: "x y" } } },
    },
    {
      name: "the longest texts",
      as: "ann",
      method: "POST",
      path: "/items",
      json: { title: "t".repeat(200), description: "d".repeat(10_000), price: 0 },
      status: 201,
      after: { items: { 7: { title: "t".repeat(200) } } },
    },
    // A character is a character: JSON Schema's `maxLength` and the CHECK count 200 of these, not 400.
    {
      name: "200 emojis",
      as: "ann",
      method: "POST",
      path: "/items",
      json: { ...item, title: "😀".repeat(200) },
      status: 201,
      after: { items: { 7: { title: "😀".repeat(200) } } },
    },
    {
      name: "201 emojis",
      as: "ann",
      method: "POST",
      path: "/items",
      json: { ...item, title: "😀".repeat(201) },
      status: 422,
      errors: ["title"],
    },
    {
      name: "a description of null",
      as: "ann",
      method: "PATCH",
      path: "/items/1",
      json: { description: null },
      status: 200,
      content: { description: null },
      after: { items: { 1: { description: null } } },
    },
  ])
})

describe("a user", () => {
  const emails = [
    "",
    "x",
    "@",
    "a@b",
    "a@b.",
    "@b.cd",
    "a b@c.de",
    "a@b@c.de",
    "a@b..cd",
    "a,b@c.de",
    `${"a".repeat(250)}@b.cd`,
    "a\0@b.cd",
    null,
    7,
  ]
  const usernames = [
    "",
    "ab",
    "a".repeat(41),
    "a b",
    "a@b",
    "é".repeat(3),
    "abc\n d",
    "a/b/c",
    "<b>",
    "a\0b",
    null,
    7,
  ]
  const passwords = [
    "",
    "1234567",
    "x".repeat(201),
    "\0".repeat(9),
    "\ud800".repeat(9),
    null,
    12345678,
    ["long enough"],
  ]
  refused("anonymous", "POST", "/users", [
    [{}, ["email", "username", "password"]],
    [{ ...user, email: undefined }, ["email"]],
    ...emails.map((email): [unknown, string[]] => [{ ...user, email }, ["email"]]),
    ...usernames.map((username): [unknown, string[]] => [{ ...user, username }, ["username"]]),
    ...passwords.map((password): [unknown, string[]] => [{ ...user, password }, ["password"]]),
    ...["id", "created_at", "updated_at", "hashed_password", "current_password", "is_admin", "items"].map(
      (name): [unknown, string[]] => [{ ...user, [name]: 1 }, [name]],
    ),
    [{ ...user, role: "owner" }, ["role"]],
  ])
  refused("ann", "PATCH", "/users/1", [
    [{ email: "x" }, ["email"]],
    [{ email: null }, ["email"]],
    [{ username: "a b" }, ["username"]],
    [{ hashed_password: "x" }, ["hashed_password"]],
    [
      { hashed_password: "$scrypt$x", password: "long enough", current_password: "correct horse" },
      ["hashed_password"],
    ],
    [{ id: 9 }, ["id"]],
    [{ created_at: "2026-01-01T00:00:00Z" }, ["created_at"]],
    [{ password: "short", current_password: "correct horse" }, ["password"]],
    [{ password: "long enough" }, ["current_password"]],
    [{ password: "long enough", current_password: "wrong" }, ["current_password"]],
    [{ password: "long enough", current_password: null }, ["current_password"]],
    [{ current_password: "correct horse" }, ["password"]],
    [{ role: "root" }, ["role"]],
  ])
  scenarios([
    {
      name: "a taken email, however it is written",
      method: "POST",
      path: "/users",
      json: { ...user, email: " ANN@Example.COM " },
      status: 409,
      errors: ["email"],
      code: "duplicate",
    },
    {
      name: "a taken username",
      method: "POST",
      path: "/users",
      json: { ...user, username: "bob" },
      status: 409,
      errors: ["username"],
      code: "duplicate",
    },
  ])
})

describe("a parameter", () => {
  const list = (query: string, ...errors: string[]): Scenario => ({
    name: `GET /items?${short(query)}`,
    method: "GET",
    path: `/items?${query}`,
    status: 422,
    errors,
    code: "invalid_request",
  })
  const limits = ["0", "-1", "1001", "1.5", "1e2", "", "x", "+1", "%201", "0x10", "99999999999999999999"]
  const cursors = ["", "x", "0", "e30", "bnVsbA", "////", "%00", "eyJpZCI6MX0", "W10"]
  scenarios([
    ...limits.map((value) => list(`limit=${value}`, "limit")),
    ...["-1", "x", "", "1.5", "9007199254740993"].map((value) => list(`skip=${value}`, "skip")),
    ...["1", "true", "", "EXACT"].map((value) => list(`count=${value}`, "count")),
    ...[
      "colour",
      "",
      "-",
      "--id",
      "id,,title",
      "title desc",
      "owner.id",
      "id,id",
      "title,-title",
      "Title",
    ].map((value) => list(`sort=${value}`, "sort")),
    ...["colour", "", "id,", "id,colour", "owner", "*", "hashed_password"].map((value) =>
      list(`fields=${value}`, "fields"),
    ),
    ...["colour", ",", "owner,", "owner.", "items", "owner.owner", "owner.items.owner.items", "OWNER"].map(
      (value) => list(`include=${value}`, "include"),
    ),
    ...cursors.map((value) => list(`after=${value}`, "after")),
    ...cursors.map((value) => list(`before=${value}`, "before")),
    list("limit=1&limit=2", "limit"),
    list("sort=id&sort=title", "sort"),
    list("colour=red", "colour"),
    list("Title=x", "Title"),
    list("title[foo]=x", "title[foo]"),
    list("title[]=x", "title[]"),
    list("title[eq][ne]=x", "title[eq][ne]"),
    list("price[contains]=1", "price[contains]"),
    list("title[is_null]=true", "title[is_null]"),
    list("description[is_null]=maybe", "description[is_null]"),
    list("created_at[starts_with]=2026", "created_at[starts_with]"),
    ...["x", "1.5", "", "1e3", "9223372036854775808", "1,2"].map((value) => list(`id=${value}`, "id")),
    ...["x", "", "1e309", "0x1", "1,5", "NaN", "Infinity"].map((value) =>
      list(`price[gte]=${value}`, "price[gte]"),
    ),
    ...["x", "", "2026-01-01", "2026-02-30T00:00:00Z", "2026-01-01T00:00:00", "1767225600"].map((value) =>
      list(`created_at[gt]=${value}`, "created_at[gt]"),
    ),
    list("price[in]=1,x", "price[in]"),
    list("id[in]=", "id[in]"),
    list("title=%00", "title"),
    list("owner=1", "owner"),
    list("owner.colour=red", "owner.colour"),
    list("owner.email=x", "owner.email"),
    list("owner.role=owner", "owner.role"),
    list("include.owner.fields=id", "include.owner.fields"),
    list("include=owner&include.owner.limit=1", "include.owner.limit"),
    list("include=owner&include.owner.fields=email", "include.owner.fields"),
    list("include=owner&include.owner.username=ann", "include.owner.username"),
    list("include=owner.items&include.owner.items.limit=101", "include.owner.items.limit"),
    list("include=owner.items&include.owner.items.sort=x", "include.owner.items.sort"),
    list("include=owner.items&include.owner.items.price[gte]=x", "include.owner.items.price[gte]"),
    list("limit=0&sort=x&colour=1&price=y", "limit", "sort", "colour", "price"),
    list("page=2", "page"),
    list("$where=1", "$where"),
    list("=1", ""),
  ])

  const one = (path: string, status: number, ...errors: string[]): Scenario => ({
    name: `GET ${path}`,
    as: "ann",
    method: "GET",
    path,
    status,
    ...(status === 422 ? { errors } : {}),
  })
  scenarios([
    ...["x", "1.5", "-1", "1e3", "0x1", "%20", "1,2", "null", "9".repeat(100)].map((id) =>
      one(`/items/${id}`, 422, "id"),
    ),
    ...["0", "00", "9007199254740993", "9223372036854775807", "9223372036854775808", "9".repeat(30)].map(
      (id) => one(`/items/${id}`, 404),
    ),
    one("/items/me", 422, "id"),
    one("/users/9223372036854775808/items", 404),
    one("/users/x/items", 422, "id"),
    one("/items/1?limit=1", 422, "limit"),
    one("/items/1?title=x", 422, "title"),
    one("/items/1?sort=id", 422, "sort"),
    one("/items/1?count=exact", 422, "count"),
    one("/users/1?include.items.limit=101", 422, "include.items.limit"),
    one("/users/1?include=&include.items.limit=1", 422, "include.items.limit"),
    one("/users/me?colour=1", 422, "colour"),
    one("/users/1/items?owner=1", 422, "owner"),
  ])

  const write = (method: string, path: string, errors: string[]): Scenario => ({
    name: `${method} ${path}`,
    as: "ann",
    method,
    path,
    ...(method === "DELETE" ? {} : { json: item }),
    status: 422,
    errors,
  })
  // A filter on a write that were ignored would change what was not meant.
  scenarios([
    write("POST", "/items?fields=id,x&limit=1", ["fields", "limit"]),
    write("PATCH", "/items/1?title=y", ["title"]),
    write("DELETE", "/items/1?price[gt]=100&x=1", ["price[gt]", "x"]),
    write("DELETE", "/items/x", ["id"]),
    write("PATCH", "/items/1.5", ["id"]),
  ])
})
