import type { AnswerLimits } from "./call.ts"

/** What the answer of each step of a batch may be at most. */
export interface Shares {
  read: AnswerLimits
  write: AnswerLimits
}

/**
 * Divides the limits of an answer among the steps of a batch, whose answers are one, so that it is no larger than any other.
 * Reads share them, and so do all steps where writes read what they have written.
 */
export const sharesOf = (limits: AnswerLimits, steps: readonly { isRead: boolean }[]): Shares => ({
  read: shareOf(limits, steps.filter(({ isRead }) => isRead).length),
  write: shareOf(limits, steps.length),
})

function shareOf({ bytes, rows, ...others }: AnswerLimits, count: number): AnswerLimits {
  // Powers of two, since statements are compiled for each limit.
  const parts = 2 ** Math.ceil(Math.log2(Math.max(count, 1)))
  const part = (whole: number) => Math.max(1, Math.floor(whole / parts))
  const { anonymous, user, admin } = rows
  return {
    ...others,
    bytes: part(bytes),
    rows: { anonymous: part(anonymous), user: part(user), admin: part(admin) },
  }
}
