import { eq, or } from "drizzle-orm"
import { users } from "../../schema/users.ts"
import type { Db } from "../db/handle.ts"

/** What signing in needs to know of a user. */
export interface Account {
  id: number
  hashed_password: string
}

/** The user with that email or username. A username holds no `@`, so that one name is never both. */
export async function findAccount(db: Db, name: string): Promise<Account | undefined> {
  const text = name.trim()
  const rows = await db
    .select({ id: users.id, hashed_password: users.hashed_password })
    .from(users)
    .where(or(eq(users.email, text.toLowerCase()), eq(users.username, text)))
    .limit(1)
  return rows[0]
}
