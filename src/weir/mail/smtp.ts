import { MailError, type Sender, type SendMail } from "./message.ts"

export interface SmtpSenderOptions {
  /** `smtp://user:password@host:587`, or `smtps://` where TLS begins at once. */
  url: string
  from: Sender
  /** How long a mail may take, in milliseconds. */
  timeoutMs?: number
}

const defaultTimeoutMs = 20_000
/** As nodemailer says it. */
const timedOut = "ETIMEDOUT"
const loopback = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/

/** The parts of an address of an SMTP server, as nodemailer names them. */
export function smtpServer(text: string) {
  const { protocol, hostname, port, username, password, searchParams } = new URL(text)
  const secure = protocol === "smtps:"
  return {
    host: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: port ? Number(port) : secure ? 465 : 587,
    secure,
    // A server that offers no TLS is sent neither password nor mail, unless it is this machine's or that is asked for.
    requireTLS: !secure && !loopback.test(hostname) && searchParams.get("tls") !== "optional",
    ...(username ? { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } } : {}),
  }
}

/**
 * Sends by SMTP, each mail over a connection of its own. nodemailer is loaded with the first mail; it is for Node alone,
 * and nothing that a Worker loads may import this file.
 */
export function smtpSender({ url, from, timeoutMs = defaultTimeoutMs }: SmtpSenderOptions): SendMail {
  const server = smtpServer(url)
  return async ({ to, subject, text, html }) => {
    const { createTransport } = await import("nodemailer")
    const transport = createTransport({
      ...server,
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      disableFileAccess: true,
      disableUrlAccess: true,
    })
    // As objects, addresses are not parsed: one stays one.
    const message = { from, to: { name: "", address: to }, subject, text, ...(html ? { html } : {}) }
    try {
      await within(timeoutMs, transport.sendMail(message))
    } catch (error) {
      throw new MailError(reasonOf(error))
    } finally {
      transport.close()
    }
  }
}

/** The time limits of nodemailer begin anew with each byte. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject({ code: timedOut }), ms)
  })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** What went wrong, by codes alone: a server's words may repeat what was sent. */
function reasonOf(error: unknown): string {
  const { code, responseCode, command } = error as Record<string, unknown>
  const words = [code, command, responseCode].filter((one) => /^[\w ]{1,40}$/.test(String(one ?? "")))
  return `The SMTP server did not take the mail${words.length ? `: ${words.join(" ")}` : ""}`
}
