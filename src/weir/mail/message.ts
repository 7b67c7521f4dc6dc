/** A mail to one address. */
export interface Mail {
  /** The address alone, such as `ann@example.com`. */
  to: string
  subject: string
  text: string
  html?: string
}

/** Sends a mail. Rejects where it was not handed over; what it rejects with is logged, so that it names no secret. */
export type SendMail = (mail: Mail) => Promise<void>

/** Why a mail was not sent, without anything of the mail or of the sender's secrets. */
export class MailError extends Error {
  override readonly name = "MailError"
}

/** One address: nothing that would make it several, name another mailbox or end a header. */
const address = /^[^\s<>()[\]\\,;:"@\p{Cc}]+@[^\s<>()[\]\\,;:"@\p{Cc}]+$/u

/** Whether a text is the address of one mailbox. */
export const isAddress = (text: string): boolean => text.length <= 254 && address.test(text)

/** What a line of a header must not hold. */
const control = /[\p{Cc}\p{Zl}\p{Zp}]/u

/** Who mail is from: an address, or a name with an address in angle brackets. */
export interface Sender {
  name: string
  address: string
}

/** Reads `hello@example.com` or `Example <hello@example.com>`; undefined for what is neither. */
export function readSender(text: string): Sender | undefined {
  const [, name = "", bracketed] = /^([^<>]*)<([^<>]*)>$/.exec(text.trim()) ?? []
  const sender = { name: name.trim().replace(/^"(.*)"$/, "$1"), address: (bracketed ?? text).trim() }
  return isAddress(sender.address) && !control.test(text) && !/["\\]/.test(sender.name) ? sender : undefined
}

/** The sender as a header has it. */
export const senderText = ({ name, address }: Sender): string => (name ? `"${name}" <${address}>` : address)

/**
 * Refuses mail that would write headers of its own: an address that is not one, and line breaks in the subject.
 * Whatever sends is called through it.
 */
export const safely =
  (send: SendMail): SendMail =>
  async (mail) => {
    if (!isAddress(mail.to)) throw new MailError("The address of the mail is not one address")
    if (control.test(mail.subject)) throw new MailError("The subject of the mail holds a control character")
    await send(mail)
  }

/** Text as it may stand in a subject. */
export const inOneLine = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ").trim()
