import type { SendMail } from "./message.ts"

/** A line of a log. */
type Line = (record: { level: "info"; msg: string; mail: string; subject: string; link?: string }) => void

/** Sends nothing, and logs a line for each mail, with its link: for development alone, since whoever reads it can use it. */
export const logSender =
  (log: Line): SendMail =>
  async ({ to, subject, text }) => {
    const [link] = /https?:\/\/\S+/.exec(text) ?? []
    log({
      level: "info",
      msg: `A mail to ${to}${link ? `: ${link}` : ""}`,
      mail: to,
      subject,
      ...(link ? { link } : {}),
    })
  }
