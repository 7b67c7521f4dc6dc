import { fresh } from "#fresh"
import { passwordMark, tokens } from "../../../src/weir/auth/token.ts"
import { handleOf } from "../../../src/weir/db/handle.ts"
import { items } from "../fixture/src/schema/items.ts"
import { users } from "../fixture/src/schema/users.ts"
import { type Call, caller, type Witness } from "./client.ts"
import { authSecret, type Fresh, type Overrides } from "./fresh.ts"

/** The password of everybody in the world. */
export const password = "correct horse"

// scrypt of `password` at its lowest cost: a suite signs in often.
const hashed_password =
  "$scrypt$ln=4,r=8,p=1$d2Vpci10ZXN0LXNhbHQhIQ$e3oAHJBjyhG+GRbC0T6p2DoLEEwo7U/R4gANNOH+ZJA"

export interface Person {
  id: number
  email: string
  username: string
  token: string
}

/** Ann and Bob with three items each, and Root, an admin: in a fresh app. */
export interface World extends Fresh {
  call: Call
  ann: Person
  bob: Person
  root: Person
}

export async function world(overrides: Overrides = {}, witness?: Witness): Promise<World> {
  const made = await fresh(overrides)
  const client = made.database.connect()
  const db = handleOf(() => client)
  const names = ["ann", "bob", "root"] as const
  const rows = names.map((username, i) => ({
    id: i + 1,
    email: `${username}@example.com`,
    username,
    hashed_password,
    role: username === "root" ? ("admin" as const) : ("user" as const),
  }))
  await db.insert(users).values(rows.map(({ id: _, ...row }) => row))
  const things = [1, 2].flatMap((owner_id) =>
    [1, 2, 3].map((n) => ({
      title: `${names[owner_id - 1]}'s ${n}`,
      description: n === 2 ? null : `number ${n}`,
      price: n * 10 + owner_id / 4,
      owner_id,
    })),
  )
  await db.insert(items).values(things)
  await client.close?.()
  const signer = tokens(authSecret, "weir")
  const people = await Promise.all(
    rows.map(async ({ id, email, username }): Promise<Person> => {
      const token = await signer.issue({ userId: id, passwordMark: passwordMark(hashed_password) })
      return { id, email, username, token }
    }),
  )
  const [ann, bob, root] = people as [Person, Person, Person]
  return { ...made, call: caller(made.app, witness), ann, bob, root }
}
