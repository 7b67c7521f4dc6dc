/** Why a server gave no answer that can be used, to be read after its address. */
export class FetchFailure extends Error {}

export interface BoundedOptions extends RequestInit {
  /** Largest body that is read. */
  maxBytes: number
  signal: AbortSignal
}

/** What another server has answered. */
export interface Answer {
  status: number
  text: string
}

/**
 * Asks another server, which is trusted with neither this one's memory nor its time: the body is read up to a limit,
 * and redirects are not followed, so that no answer comes from a host that nobody named. Throws a `FetchFailure`.
 */
export async function fetchBounded(url: string, { maxBytes, ...init }: BoundedOptions): Promise<Answer> {
  try {
    const response = await fetch(url, { ...init, redirect: "manual" })
    const text = await textOf(response, maxBytes)
    if (response.status >= 300 && response.status < 400) throw new FetchFailure("redirects")
    return { status: response.status, text }
  } catch (error) {
    if (error instanceof FetchFailure) throw error
    const isLate = init.signal.aborted
    throw new FetchFailure(isLate ? "does not answer in time" : "cannot be reached", { cause: error })
  }
}

async function textOf({ body }: Response, maxBytes: number): Promise<string> {
  if (!body) return ""
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ""
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    size += value.length
    if (size > maxBytes) {
      await reader.cancel()
      throw new FetchFailure(`answers with more than ${maxBytes} bytes`)
    }
    text += decoder.decode(value, { stream: true })
  }
}

/** The object that an answer with status 200 holds. Throws a `FetchFailure` where it is another, or holds none. */
export function objectOf({ status, text }: Answer): Record<string, unknown> {
  if (status !== 200) throw new FetchFailure(`answers with status ${status}`)
  const value = parsed(text)
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new FetchFailure("answers with something that is no JSON object")
  return value as Record<string, unknown>
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
