import { randomBytes } from "node:crypto"
import { noPasswordSalt } from "../lib/no-password.ts"
import { decoyHash } from "./password.ts"

/**
 * The hash of an account without a password. No password has it, and checking one against it takes as long as any other
 * check. It is another for each account, so that tokens of one are no other's.
 */
export const noPassword = (): string =>
  [
    ...decoyHash.split("$").slice(0, 3),
    noPasswordSalt,
    randomBytes(32).toString("base64").replace(/=+$/, ""),
  ].join("$")
