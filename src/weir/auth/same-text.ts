import { timingSafeEqual } from "node:crypto"

/** Whether two secrets are the same text, in a time that tells nothing of where they differ. */
export const isSame = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))
