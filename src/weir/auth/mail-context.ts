import type { Client } from "../db/driver.ts"
import type { AppContext } from "../http/context.ts"
import { describeError, type Log } from "../http/log-record.ts"
import type { MailLinks } from "../mail/links.ts"
import type { Mail, SendMail } from "../mail/message.ts"
import type { Field, Resource } from "../resource/resource.ts"

/** What sends mail, and where its links lead. */
export interface MailService {
  send: SendMail
  appUrl: string
}

/** What the flows by mail work with. */
export interface MailContext extends MailService {
  /** What the API is called. */
  title: string
  links: MailLinks
  log: Log
  /** The table of tokens, and the column of addresses. */
  tokens: Resource
  email: Field
}

/**
 * Makes mail and sends it after the answer, so that the answer's time tells nothing of it. What makes it has a client of its
 * own, which is closed before anything is sent. A failure is logged, and changes no answer.
 */
export function mailAfterwards(
  c: AppContext,
  { send, log }: MailContext,
  kind: string,
  make: (client: Client) => Promise<Mail[]>,
): void {
  const { hooks } = c.get("call")
  const requestId = c.get("requestId")
  const failed = (msg: string, error: unknown): void => {
    const described = error instanceof Error ? describeError(error) : { message: String(error) }
    log({ level: "error", msg, mail: kind, request_id: requestId, error: described })
  }
  let made: Promise<Mail[]> | undefined
  hooks?.later(`The link of a mail (${kind})`, (client) => {
    made = make(client)
    return made.then(() => {})
  })
  hooks?.later(`A mail (${kind})`, async () => {
    // What fails to be made has been logged.
    const mails = await made?.catch(() => [])
    await Promise.all((mails ?? []).map((mail) => send(mail).catch((e) => failed("A mail was not sent", e))))
  })
}
