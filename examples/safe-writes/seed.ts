import { hashPassword, type Seeds } from "#weir"

const password = "a password for seeds"
const hashed_password = await hashPassword(password)

export const seeds: Seeds = {
  note: `sign in as user1@example.com with "${password}"`,
  tables: {
    users: { rows: 2, row: (n) => ({ id: n, email: `user${n}@example.com`, hashed_password }) },
  },
}
