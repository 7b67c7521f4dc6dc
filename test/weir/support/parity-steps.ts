import type { CallOptions } from "./client.ts"

/** One request of the parity scenario. */
export interface Step {
  as?: "ann" | "bob" | "root"
  method: string
  path: string
  options?: CallOptions
  /** The order hangs on the clock, and so do the cursors: they are left out of the transcript. */
  timed?: boolean
}

type Who = Step["as"]
const get = (path: string, as?: Who): Step => ({ method: "GET", path, ...(as ? { as } : {}) })
const send = (method: string, path: string, json: unknown, as?: Who): Step => ({
  method,
  path,
  options: { json },
  ...(as ? { as } : {}),
})
const q = encodeURIComponent

/** Numbers that databases, drivers and JSON writers spell differently, or lose digits of. */
const prices = [
  ...[0.1 + 0.2, 1e21, 1e-7, 123456789012.345, 9007199254740991, 9007199254740992, 0, -0, 1, 100, 1 / 3],
  ...[0.00001, 0.0001, 1e15, 1e16, 1e20, 99999999999.9999, 100000000000.25, 123456.7891, 4.35, 1.005, 2.675],
  ...[5e-324, 2.2250738585072014e-308, Number.MAX_VALUE, 0.1, 0.7, 1.1, 8.41, 1024.0625, 65504.00390625],
]

const titles = [
  ...[
    "Zebra",
    "apple",
    "Äpfel",
    "äpfel",
    "zebra",
    "Apple",
    "APPLE",
    "éclair",
    "e\u0301clair",
    "ß",
    "ss",
    "SS",
  ],
  ...[
    "😀 astral 𝒳",
    "\u{10ffff}",
    "\ufffd",
    "ｆｕｌｌ",
    "ﬀ",
    "日本語",
    "日本",
    "_under",
    "~tilde",
    "10",
    "9",
    "-1",
  ],
  ...[
    "quotes \" and '",
    "back\\slash \\n \\u0041",
    "line\nbreak\r\n\ttab",
    "\u2028 and \u2029 inside",
    "</script>",
  ],
  ...["\u0001 control \u001f \u007f", "null", "zero\u200bwidth", "a", "A", "z", "Z", "é", "Ω", "a,b", 'a"b'],
]

const descriptions = ["", null, "  ", undefined, "plain", "PLAIN", "é\n\u2028😀", "\\"]

const items = Array.from({ length: titles.length }, (_, i) => ({
  title: titles[i],
  price: prices[i % prices.length],
  description: descriptions[i % descriptions.length],
}))

const creates: Step[] = [
  send("POST", "/users", { email: "Cleo.Ä@Example.COM", username: "Cleo", password: "pässwörd 😀" }),
  send(
    "POST",
    "/users",
    { email: "dan@example.com", username: "_dan", password: "long enough", role: "admin" },
    "root",
  ),
  ...items.slice(0, 12).map((item) => send("POST", "/items", item, "ann")),
  send("POST", "/items", items.slice(12), "bob"),
  send("POST", "/users/1/items", { title: "within", price: 7 }, "ann"),
  send(
    "POST",
    "/users/2/items",
    [
      { title: "within 1", price: 7 },
      { title: "within 2", price: 7.5 },
    ],
    "root",
  ),
  send("POST", "/items", { title: "of another's", price: 1, owner_id: 2 }, "root"),
]

const sorts = ["id", "title", "description", "price", "owner_id"].flatMap((key) => [key, `-${key}`])

const reads: Step[] = [
  ...Array.from({ length: titles.length + 10 }, (_, i) => get(`/items/${i + 1}`)),
  get("/items"),
  ...sorts.flatMap((sort) => [
    get(`/items?sort=${sort}&limit=1000&fields=id`),
    get(`/items?sort=${sort}&limit=5&skip=7&fields=id`),
  ]),
  { ...get("/items?sort=created_at&limit=5"), timed: true },
  { ...get("/users?sort=updated_at&limit=2"), timed: true },
  ...["price", "-description,title"].map((sort) => get(`/items?sort=${sort}&limit=3&count=exact`)),
  ...["username", "-username", "-id"].map((sort) => get(`/users?sort=${sort}`)),
  ...["email", "-email", "role,-email"].flatMap((sort) => [
    get(`/users?limit=2&sort=${sort}`, "ann"),
    get(`/users?limit=2&sort=${sort}`, "root"),
  ]),
  get("/users"),
  get("/users", "ann"),
  get("/users", "root"),
  get("/users/me", "bob"),
  get("/users/4"),
  get("/users/1/items?limit=2&sort=-title"),
  get("/stats"),
  get("/stats", "ann"),
  get("/stats", "root"),
  get("/totals"),
  get("/health"),
]

const filters = [
  `price=${0.1 + 0.2}`,
  "price=0.3",
  "price=1e21",
  "price[in]=0.30000000000000004,1e-7,9007199254740991",
  "price[gt]=9007199254740990",
  "price[lt]=0.0001",
  "price[gte]=1.7976931348623157e308",
  "description=",
  "description[is_null]=true",
  "description[ne]=plain",
  "description[nin]=plain,PLAIN",
  "description[gt]=",
  "description[lt]=a",
  "title[contains]=PP",
  "title[starts_with]=z",
  "title[gt]=z",
  "title[gte]=~",
  "title[lt]=A",
  `title=${q("e\u0301clair")}`,
  `title=${q("éclair")}`,
  `title[contains]=${q("😀")}`,
  `title[contains]=${q("\u2028")}`,
  `title[contains]=${q("\\")}`,
  `title[in]=${q('"a,b","a""b",apple')}`,
  `title[gt]=${q("\ufffd")}`,
  "created_at[gt]=2020-01-01T00:00:00Z",
  "created_at[lt]=0001-01-01T00:00:00Z",
  "created_at[lt]=9999-12-31T23:59:59.999Z",
  "owner.username=Cleo",
  "owner.username[in]=ann,bob&price[gt]=1e20",
  "id[in]=1,2,9007199254740991",
].map((query) => get(`/items?fields=id,title&limit=1000&${query}`))

const embeds = [
  "/users?include=items&include.items.limit=3&include.items.sort=-price",
  "/users?include=items.owner&include.items.limit=2&include.items.fields=id&limit=2",
  "/users/3",
  "/users/2?include.items.limit=2&include.items.price[gt]=1e20&include.items.sort=title",
  "/items?include=owner&limit=3&sort=-price&fields=price",
  "/items?include=owner.items.owner&limit=1&include.owner.items.limit=1",
  "/users?items.price[gte]=1e21&fields=username",
].flatMap((path) => [get(path), get(path, "ann")])

const changes: Step[] = [
  send("PATCH", "/items/1", { title: "  trimmed \n", description: null }, "ann"),
  send("PATCH", "/items/2", { description: "", price: 0.1 + 0.7 }, "ann"),
  send("PATCH", "/items/3", { owner_id: 2 }, "root"),
  send("PATCH", "/users/1", { username: "Ann.2" }, "ann"),
  send("PATCH", "/users/2", { role: "admin" }, "root"),
  get("/items/1?include=owner"),
  get("/items?owner_id=2&fields=id,owner_id&limit=3"),
  { method: "DELETE", path: "/items/4", as: "bob" },
  { method: "DELETE", path: "/users/1", as: "ann" },
  get("/items?count=exact&limit=1"),
  get("/users/1"),
  { method: "HEAD", path: "/items?limit=2" },
  { method: "OPTIONS", path: "/items" },
]

/** Last, because a refused insert uses up an id on Postgres. Here Bob is an admin and Ann is gone. */
const good = { title: "good", price: 1 }
const json = { "content-type": "application/json" }
const errors: Step[] = [
  send("POST", "/items", good),
  { ...send("POST", "/items", good), options: { json: good, token: "no.good.token" } },
  send("POST", "/items", good, "ann"),
  send("POST", "/items", { title: "", price: "1", extra: 1, id: 7 }, "bob"),
  send("POST", "/items", { title: "x".repeat(201), price: -1, description: 5, owner_id: 1.5 }, "bob"),
  send("POST", "/items", [good, { title: "no price" }, good], "bob"),
  send("POST", "/items", [], "bob"),
  send("POST", "/items", "text", "bob"),
  send("POST", "/items", null, "bob"),
  send("POST", "/items", { ...good, owner_id: 999 }, "root"),
  send("POST", "/items", [good, { ...good, owner_id: 999 }], "root"),
  send("PATCH", "/items/5", { owner_id: 999 }, "root"),
  send("PATCH", "/items/5", {}, "root"),
  send("PATCH", "/items/5", { title: null }, "root"),
  send("PATCH", "/items/999", { price: 1 }, "root"),
  send("POST", "/users", { email: "BOB@example.com", username: "bob2", password: "long enough" }),
  send("POST", "/users", { email: "x@example.com", username: "Cleo", password: "long enough" }),
  send("PATCH", "/users/2", { username: "Cleo" }, "root"),
  send(
    "POST",
    "/users",
    [
      { email: "e@example.com", username: "eve", password: "long enough" },
      { email: "f@example.com", username: "Cleo", password: "long enough" },
    ],
    "root",
  ),
  send("POST", "/users", { email: "no", username: "a b", password: "short", role: "admin" }),
  send("POST", "/users", {
    email: "y@example.com",
    username: "yves",
    password: "long enough",
    role: "admin",
  }),
  { method: "POST", path: "/items", as: "bob", options: { body: "", headers: json } },
  { method: "POST", path: "/items", as: "bob", options: { body: "{oops", headers: json } },
  {
    method: "POST",
    path: "/items",
    as: "bob",
    options: { body: "title=x", headers: { "content-type": "text/plain" } },
  },
  { method: "GET", path: "/items", options: { headers: { accept: "text/html" } } },
  { method: "PUT", path: "/items/5", as: "bob", options: { json: good } },
  { method: "DELETE", path: "/items/5" },
  { method: "DELETE", path: "/items/999", as: "root" },
  ...[
    "/items/9223372036854775808",
    "/items/x",
    "/items/0",
    "/users/999/items",
    "/nowhere",
    "/items/5/owner",
  ].map((path) => get(path)),
  ...[
    "limit=0",
    "sort=nope",
    "fields=email",
    "price=x",
    "nope[gt]=1",
    "after=mangled",
    "include=a.b.c.d",
  ].map((query) => get(`/items?${query}`)),
  get("/users/me"),
  get("/items?limit=1&count=exact"),
]

/** All that is asked of every driver, in this order. Ids are given out from 1, so paths can name them. */
export const steps: Step[] = [...creates, ...reads, ...filters, ...embeds, ...changes, ...errors]
