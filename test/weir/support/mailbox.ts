import { vi } from "vitest"
import { type Mail, safely } from "../../../src/weir/mail/message.ts"
import type { Overrides } from "./fresh.ts"

export interface Mailbox {
  /** What an app sends with. */
  mail: NonNullable<Overrides["mail"]>
  mails: Mail[]
  /** The next mail to an address that has not been taken yet. */
  next(to: string): Promise<Mail>
  /** The token of its link. */
  token(to: string): Promise<string>
  /** Whether sending fails. */
  fails: boolean
}

/** A mailbox in memory: what a sender of one's own would be. */
export function mailbox(): Mailbox {
  const taken = new Set<Mail>()
  const box: Mailbox = {
    mails: [],
    fails: false,
    mail: {
      appUrl: "https://app.example.com",
      send: safely(async (mail) => {
        if (box.fails) throw new Error("The mail service is away")
        box.mails.push(mail)
      }),
    },
    next: (to) =>
      vi.waitFor(
        () => {
          const mail = box.mails.find((one) => one.to === to && !taken.has(one))
          if (!mail) throw new Error(`There is no mail to ${to}`)
          taken.add(mail)
          return mail
        },
        { timeout: 10_000, interval: 5 },
      ),
    token: async (to) => {
      const { text } = await box.next(to)
      const [, token] = /https:\/\/app\.example\.com\/\S*[=#]([\w-]{43})\n/.exec(text) ?? []
      if (token === undefined) throw new Error(`There is no link in ${text}`)
      return token
    },
  }
  return box
}
