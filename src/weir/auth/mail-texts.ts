import { inOneLine, type Mail } from "../mail/message.ts"

/** What a mail says: its subject after the API's title, and its paragraphs. */
type Text = (title: string, link: string) => { subject: string; parts: string[] }

const unasked = "If this was not you, do nothing: without the link, nothing happens."
const hour = "The link holds for an hour, and is used once."

const texts = {
  verify: (title, link) => ({
    subject: "Verify your address",
    parts: [
      `Somebody, hopefully you, has given this address to ${title}. To verify it, open`,
      link,
      hour,
      unasked,
    ],
  }),
  reset: (title, link) => ({
    subject: "Set a new password",
    parts: [
      `Somebody, hopefully you, wants a new password for ${title}. To set it, open`,
      link,
      hour,
      unasked,
    ],
  }),
  email: (title, link) => ({
    subject: "Confirm your new address",
    parts: [
      `This address is to become the one of an account of ${title}. To confirm it, open`,
      link,
      hour,
      unasked,
    ],
  }),
  invite: (title, link) => ({
    subject: "You are invited",
    parts: [`You are invited to ${title}. To make your account, open`, link, "The link is used once."],
  }),
  password_changed: (title) => ({
    subject: "Your password was changed",
    parts: [
      `The password of your account of ${title} was changed by a link in a mail, and all its sessions have ended.`,
      "If this was not you, whoever did it can read your mail: secure your mailbox, then ask for a new password.",
    ],
  }),
  email_change: (title) => ({
    subject: "Your address is to change",
    parts: [
      `Somebody who knows your password has asked that your account of ${title} get another address. It changes once the link is opened that was mailed there.`,
      "If this was not you, change your password now: the link holds no more then.",
    ],
  }),
  known: (title) => ({
    subject: "You have an account already",
    parts: [
      `Somebody, hopefully you, has tried to sign up to ${title} with this address, which has an account already. Nothing has changed.`,
      "To get in, sign in, or ask for a new password. If this was not you, do nothing.",
    ],
  }),
} satisfies Record<string, Text>

/** The mails that accounts get. */
export type MailKind = keyof typeof texts

/** A mail of a kind, to an address, with its link where it has one. */
export function mailOfKind(kind: MailKind, title: string, to: string, link = ""): Mail {
  const text: Text = texts[kind]
  const { subject, parts } = text(inOneLine(title), link)
  return { to, subject: `${inOneLine(title)}: ${subject}`, text: `${parts.join("\n\n")}\n` }
}
