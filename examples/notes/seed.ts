import { hashPassword, type Seeds } from "#weir"

const password = "a password for seeds"
const hashed_password = await hashPassword(password)
const tags = ["work", "home", "ideas"]

export const seeds: Seeds = {
  note: `sign in as user1@example.com with "${password}"`,
  tables: {
    users: {
      rows: 2,
      row: (n) => ({ id: n, email: `user${n}@example.com`, hashed_password }),
    },
    notes: {
      rows: 20,
      row: (n, { users = 1 }) => ({
        id: n,
        text: `Note ${n}`,
        tag: tags[n % tags.length] ?? null,
        owner_id: (n % users) + 1,
      }),
    },
  },
}
