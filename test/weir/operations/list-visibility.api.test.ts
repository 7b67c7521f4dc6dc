import { afterEach, beforeEach, expect, test } from "vitest"
import type { Answer } from "../support/client.ts"
import { walk } from "../support/paging.ts"
import { expectIds, expectRefused, idsOf } from "../support/queries.ts"
import { type Row, rowsOf } from "../support/samples.ts"
import { witnessed } from "../support/witnessed.ts"
import type { World } from "../support/world.ts"

/** Fields that are hidden, from everybody, or in other people's rows, and the ways in which lists could tell. */
let w: World
beforeEach(async () => {
  w = await witnessed()
})
afterEach(() => w.close())

/** Everything that an answer says, cursors decoded. */
function saidBy({ text, headers }: Answer): string {
  const link = headers.get("link") ?? ""
  const cursors = [...link.matchAll(/(?:after|before)=([\w-]+)/g)].map(([, cursor]) =>
    Buffer.from(cursor as string, "base64url").toString(),
  )
  return [text, decodeURIComponent(link), ...cursors].join("\n")
}

test("what nobody may see cannot be read, sorted, filtered or included, not even by an admin", async () => {
  const ways: [string, string][] = [
    "fields",
    "sort",
    "hashed_password",
    "hashed_password[starts_with]",
    "hashed_password[is_null]",
    "items.owner.hashed_password[gt]",
  ].map((name) => [`${name}=${["fields", "sort"].includes(name) ? "hashed_password" : "x"}`, name])
  for (const person of [undefined, w.ann, w.root]) {
    await expectRefused(
      w,
      "/users",
      [...ways, ["sort=-hashed_password", "sort"], ["password=x", "password"]],
      person,
    )
    await expectRefused(
      w,
      "/items",
      [["owner.hashed_password[contains]=x", "owner.hashed_password[contains]"]],
      person,
    )
    const options = { token: person?.token }
    for (const path of [
      "/users?include=items.owner",
      "/users/1?include=items.owner.items",
      "/items?include=owner",
    ])
      expect((await w.call("GET", path, options)).text).not.toMatch(/password|scrypt/)
  }
})

test("without a token, emails and roles are no fields", async () => {
  for (const name of ["email", "role"])
    await expectRefused(w, "/users", [
      [`fields=${name}`, "fields"],
      [`sort=${name}`, "sort"],
      [`sort=-username,${name}`, "sort"],
      [`${name}=user`, name],
      [`${name}[ne]=user`, `${name}[ne]`],
      [`items.owner.${name}=user`, `items.owner.${name}`],
    ])
  for (const path of [
    "/users",
    "/users/1",
    "/users?include=items.owner",
    "/items?include=owner.items.owner",
  ]) {
    const answer = await w.call("GET", path)
    expect(answer.text).not.toMatch(/@example|"role"|"email"/)
  }
})

test("who is signed in sees its own only", async () => {
  for (const path of ["/users", "/users?fields=id,email,role", "/users?include=items.owner"]) {
    const rows = rowsOf(await w.call("GET", path, { token: w.ann.token }))
    expect(rows.map((row) => [row.id, row.email, row.role])).toEqual([
      [1, "ann@example.com", "user"],
      [2, undefined, undefined],
      [3, undefined, undefined],
    ])
    expect(rows.slice(1).every((row) => !("email" in row))).toBe(true)
  }
  const items = rowsOf(await w.call("GET", "/items?include=owner", { token: w.ann.token }))
  expect(items.map((item) => (item.owner as Row).email)).toEqual([
    ...Array(3).fill("ann@example.com"),
    ...Array(3).fill(undefined),
  ])
  await expectIds(
    w,
    "/users",
    [
      ["email=ann@example.com", [1]],
      ["email=bob@example.com", []],
      ["email[ne]=ann@example.com", []],
      ["email[ne]=bob@example.com", [1]],
      ["email[contains]=example", [1]],
      ["email[gt]=a", [1]],
      ["email[nin]=x@example.com", [1]],
      ["role=admin", []],
      ["role[ne]=user", []],
      ["role=user", [1]],
      ["items.owner.email[contains]=@", [1]],
      ["items.owner.email=bob@example.com", []],
    ],
    w.ann,
  )
  await expectIds(w, "/items", [["owner.email[contains]=@", [1, 2, 3]]], w.ann)
})

test("sorting by what is hidden in other rows tells nothing of it", async () => {
  const ids = await idsOf(w, "/users?sort=email", w.ann)
  expect(ids).toEqual([1, 2, 3])
  expect(await idsOf(w, "/users?sort=-email", w.ann)).toEqual([2, 3, 1])
  // A new email moves nobody, as Ann sees it.
  const patch = { token: w.root.token, json: { email: "0bob@example.com" } }
  expect((await w.call("PATCH", "/users/2", patch)).status).toBe(200)
  expect(await idsOf(w, "/users?sort=email", w.ann)).toEqual([1, 2, 3])
  expect(await idsOf(w, "/users?sort=email", w.root)).toEqual([2, 1, 3])
  for (const sort of ["email", "-email", "role,-email", "-role,email", "email,-username"])
    for (const limit of [1, 2]) {
      const all = await idsOf(w, `/users?sort=${sort}`, w.ann)
      const { forward, backward, pages } = await walk(w, `/users?limit=${limit}&sort=${sort}`, w.ann)
      expect([sort, forward.map((row) => row.id)]).toEqual([sort, all])
      expect([sort, backward.map((row) => row.id)]).toEqual([sort, all])
      for (const page of pages) expect(saidBy(page)).not.toMatch(/bob@example|root@example|admin|scrypt/)
    }
})

test("a cursor of an admin's shows others no more than they may see", async () => {
  const { links } = await w.call("GET", "/users?limit=1&sort=email", { token: w.root.token })
  const anonymous = await w.call("GET", links.next as string)
  expect(anonymous.status).toBe(422)
  // Ann's own row follows Ann's place in the admin's list no more; all she cannot compare counts as null.
  const answer = await w.call("GET", links.next as string, { token: w.ann.token })
  expect(answer.text).not.toMatch(/bob@example|root@example/)
})
