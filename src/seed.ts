import { hashPassword } from "./weir/auth/password.ts"
import type { Values } from "./weir/query/query.ts"

/** The password of every seeded user: one hash serves them all. */
export const seedPassword = "a password for seeds"

/** How many rows of each table, and how each is made. Row `n` is the same whenever and wherever it is made. */
export interface Seed {
  table: string
  rows: number
  row(n: number): Values
}

const words = ["Amber", "Birch", "Cedar", "Dune", "Ember", "Fern", "Grove", "Heath", "Iris", "Juniper"]
const things = ["bowl", "chair", "desk", "easel", "frame", "globe", "hammer", "jar", "kettle", "lamp"]

/** A number that looks random and is not. (Knuth's multiplicative hash, TAOCP 3, 6.4) */
const scatter = (n: number): number => Math.imul(n, 2_654_435_761) >>> 0

/** The rows that `npm run db:seed` makes, in the order of their references. */
export async function seeds(users: number, items: number): Promise<Seed[]> {
  const hashed_password = await hashPassword(seedPassword)
  return [
    {
      table: "users",
      rows: users,
      row: (n) => ({
        id: n,
        email: `user${n}@example.com`,
        username: `user${n}`,
        hashed_password,
        role: "user",
      }),
    },
    {
      table: "items",
      rows: items,
      row: (n) => {
        const hash = scatter(n)
        const [word, thing] = [words[hash % 10], things[(hash >>> 8) % 10]]
        return {
          id: n,
          title: `${word} ${thing} ${n}`,
          description: hash % 3 ? `The ${thing} of user ${(n % users) + 1}.` : null,
          price: (hash % 100_000) / 100,
          owner_id: (n % users) + 1,
        }
      },
    },
  ]
}
