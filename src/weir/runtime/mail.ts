import type { Api } from "../api.ts"
import type { Services } from "../app.ts"
import type { Log } from "../http/request.ts"
import { httpSender } from "../mail/http.ts"
import { logSender } from "../mail/log.ts"
import { type Sender, type SendMail, safely } from "../mail/message.ts"
import { SettingError, type Settings } from "./settings.ts"

export interface MailOptions {
  log: Log
  /** Opens a sender by SMTP: absent in a Worker. */
  smtp?: ((options: { url: string; from: Sender }) => SendMail) | undefined
}

/**
 * What sends the mail of an API's accounts; undefined where they have no use for it, and where production has nothing to
 * send it with. Throws a `SettingError` that names what is missing or cannot be.
 */
export function mailOf(
  settings: Settings,
  { accounts, sendMail }: Api,
  options: MailOptions,
): Services["mail"] {
  if (!accounts?.tables.tokens || !accounts.email) return undefined
  const { APP_URL, PORT } = settings
  const isProduction = settings.NODE_ENV === "production"
  const send = sendMail ?? senderOf(settings, options)
  if (!send) {
    const why = "what the accounts can do by mail is not served"
    if (accounts.confirm)
      throw new SettingError("MAIL_URL: is required in production, since accounts are confirmed by mail")
    options.log({ level: "warn", msg: `MAIL_URL is not set: ${why}` })
    return undefined
  }
  if (APP_URL === undefined && isProduction)
    throw new SettingError("APP_URL: is required in production where mail is sent: its links lead there")
  return { send: safely(send), appUrl: APP_URL ?? `http://localhost:${PORT}` }
}

/** The sender of the settings; undefined in production without one. */
function senderOf(settings: Settings, { log, smtp }: MailOptions): SendMail | undefined {
  const { MAIL_URL: url, MAIL_TOKEN: token, MAIL_FROM: from, NODE_ENV } = settings
  const isProduction = NODE_ENV === "production"
  if (url === undefined) return isProduction ? undefined : logSender(log)
  if (url === "log:") {
    if (isProduction)
      throw new SettingError("MAIL_URL: log: is for development: whoever reads the log could use the links")
    return logSender(log)
  }
  if (!from) throw new SettingError("MAIL_FROM: is required with MAIL_URL: who the mail is from")
  if (url.startsWith("smtp")) {
    if (!smtp)
      throw new SettingError(
        "MAIL_URL: a Worker cannot send by SMTP: set the https:// address of a mail service",
      )
    return smtp({ url, from })
  }
  if (token === undefined)
    throw new SettingError("MAIL_TOKEN: is required with the address of a mail service")
  return httpSender({ url, token, from })
}
