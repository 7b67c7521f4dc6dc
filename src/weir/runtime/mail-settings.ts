import * as z from "../lib/zod.ts"
import { readSender } from "../mail/message.ts"
import { whole } from "./setting-types.ts"

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** Whether a text is the address of what sends mail. */
function isMailUrl(text: string): boolean {
  if (text === "log:") return true
  if (!URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  if (hostname === "") return false
  return /^(smtps?|https):$/.test(protocol) || (protocol === "http:" && loopback.test(hostname))
}

/** A page's address, to which paths are added. */
function isPlainUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, search, hash, username } = new URL(text)
  return /^https?:$/.test(protocol) && !search && !hash && !username
}

/** The settings of mail. */
export const mailSettings = {
  MAIL_URL: z
    .string()
    .refine(
      isMailUrl,
      "must be log:, smtp://user:password@host:587, smtps://user:password@host, or https:// for a mail service",
    )
    .optional(),
  MAIL_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]+$/, "must be one word, as the mail service shows it")
    .optional(),
  MAIL_FROM: z
    .string()
    .transform((text, context) => {
      const sender = readSender(text)
      if (!sender) context.addIssue("must be hello@example.com or Example <hello@example.com>")
      return sender ?? z.NEVER
    })
    .optional(),
  APP_URL: z
    .string()
    .refine(isPlainUrl, "must be an address such as https://app.example.com")
    .transform((text) => text.replace(/\/+$/, ""))
    .optional(),
  INVITATION_DAYS: whole(1, 60).default(7),
  MAIL_PER_ACCOUNT: whole(0, 1_000_000).optional(),
  MAIL_PER_ADDRESS: whole(0, 1_000_000).optional(),
}
