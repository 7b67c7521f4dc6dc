import { eq } from "drizzle-orm"
import { users } from "../../schema/users.ts"
import type { Db } from "../db/handle.ts"
import { hashPassword } from "./password.ts"

/** Who becomes the first admin. */
export interface FirstAdmin {
  email: string
  password: string
}

/**
 * Makes the first admin, once: nothing happens where there is an admin. A user who has signed up with that
 * email becomes the admin, with the password of the setting: nobody is made an admin by signing up first.
 */
export async function ensureFirstAdmin(db: Db, { email, password }: FirstAdmin): Promise<void> {
  const admins = await db.select({ id: users.id }).from(users).where(eq(users.role, "admin")).limit(1)
  if (admins.length) return
  const hashed_password = await hashPassword(password)
  const suffix = crypto.randomUUID().slice(0, 8)
  const taken = await db.select({ id: users.id }).from(users).where(eq(users.username, "admin")).limit(1)
  const username = taken.length ? `admin-${suffix}` : "admin"
  await db
    .insert(users)
    .values({ email: email.trim().toLowerCase(), username, hashed_password, role: "admin" })
    .onConflictDoUpdate({ target: users.email, set: { role: "admin", hashed_password } })
}
