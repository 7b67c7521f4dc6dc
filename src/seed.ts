import { hashPassword, type Seeds } from "#weir"

const password = "a password for seeds"
const hashed_password = await hashPassword(password)

const words = ["Amber", "Birch", "Cedar", "Dune", "Ember", "Fern", "Grove", "Heath", "Iris", "Juniper"]
const things = ["bowl", "chair", "desk", "easel", "frame", "globe", "hammer", "jar", "kettle", "lamp"]

/** A number that looks random and is not. (Knuth's multiplicative hash, TAOCP 3, 6.4) */
const scatter = (n: number): number => Math.imul(n, 2_654_435_761) >>> 0

/** The rows that `npm run db:seed` makes, in the order of their references: row `n` is the same each time. */
export const seeds: Seeds = {
  note: `each user's password is "${password}"`,
  tables: {
    users: {
      rows: 100,
      row: (n) => ({
        id: n,
        email: `user${n}@example.com`,
        username: `user${n}`,
        hashed_password,
        role: "user",
      }),
    },
    notes: {
      rows: 200,
      row: (n, { users = 1 }) => {
        const hash = scatter(n)
        return {
          _id: `note${n}`,
          _owner_id: (n % users) + 1,
          text: `${words[hash % 10]} note ${n}`,
          color: ["red", "green", "blue"][hash % 3],
          size: { width: hash % 100, height: n % 7 },
          tags: n % 2 ? ["new"] : [],
        }
      },
    },
    items: {
      rows: 1_000,
      row: (n, { users = 1 }) => {
        const hash = scatter(n)
        const [word, thing] = [words[hash % 10], things[(hash >>> 8) % 10]]
        const owner_id = (n % users) + 1
        return {
          id: n,
          title: `${word} ${thing} ${n}`,
          description: hash % 3 ? `The ${thing} of user ${owner_id}.` : null,
          price: (hash % 100_000) / 100,
          owner_id,
        }
      },
    },
  },
}
