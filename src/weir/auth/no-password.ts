import { randomBytes } from "node:crypto"
import { decoyHash } from "./password.ts"

/** The salt of accounts that nobody has given a password: no other hash has it, since salts are random. */
const salt = Buffer.from("weir:no password").toString("base64").replace(/=+$/, "")

/** What the hashes of accounts without a password begin with. */
export const noPasswordStart = [...decoyHash.split("$").slice(0, 3), salt, ""].join("$")

/**
 * The hash of an account without a password. No password has it, and checking one against it takes as long as any other
 * check. It is another for each account, so that tokens of one are no other's.
 */
export const noPassword = (): string =>
  noPasswordStart + randomBytes(32).toString("base64").replace(/=+$/, "")
