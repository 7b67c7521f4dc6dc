import { type Mail, MailError, type Sender, type SendMail, senderText } from "./message.ts"

export interface HttpSenderOptions {
  /** Where mail is posted: Resend's address, or another's that takes the same form. */
  url: string
  token: string
  from: Sender
  /** How long one attempt may take, in milliseconds. */
  timeoutMs?: number
}

const defaultTimeoutMs = 10_000
/** Before the second attempt, in milliseconds. */
const pauseMs = 500
const attempts = 2

/**
 * Posts mail in Resend's form: `{ from, to, subject, text, html }` with a bearer token. What fails by the network, or with
 * a 429 or 5xx, is tried once more with the same `Idempotency-Key`, so that no mail is sent twice.
 */
export function httpSender({ url, token, from, timeoutMs = defaultTimeoutMs }: HttpSenderOptions): SendMail {
  return async (mail) => {
    const key = crypto.randomUUID()
    for (let attempt = 1; ; attempt++) {
      const failure = await post({ url, token, from, timeoutMs }, mail, key)
      if (!failure) return
      if (!failure.mayPass || attempt === attempts) throw new MailError(failure.message)
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }
}

interface Failure {
  message: string
  /** Whether another attempt may succeed. */
  mayPass: boolean
}

async function post(
  { url, token, from, timeoutMs }: Required<HttpSenderOptions>,
  { to, subject, text, html }: Mail,
  key: string,
): Promise<Failure | undefined> {
  const body = { from: senderText(from), to: [to], subject, text, ...(html === undefined ? {} : { html }) }
  try {
    const response = await fetch(url, {
      method: "POST",
      // The token goes to this address alone.
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        "idempotency-key": key,
      },
      body: JSON.stringify(body),
    })
    const answer = await response.text()
    if (response.ok) return undefined
    const { status } = response
    const name = errorName(answer)
    return {
      message: `The mail service answered ${status}${name ? ` (${name})` : ""}`,
      mayPass: status === 429 || status >= 500,
    }
  } catch (error) {
    const isLate = (error as Error).name === "TimeoutError"
    const why = isLate ? `did not answer within ${timeoutMs} ms` : "cannot be reached"
    return { message: `The mail service ${why}`, mayPass: true }
  }
}

/** The name of an error, such as `validation_error`: its message may repeat what was sent. */
function errorName(answer: string): string | undefined {
  try {
    const { name } = JSON.parse(answer) as { name?: unknown }
    return typeof name === "string" && /^\w{1,60}$/.test(name) ? name : undefined
  } catch {
    return undefined
  }
}
