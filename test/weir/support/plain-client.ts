import { Agent, request } from "node:http"
import { onTestFinished } from "vitest"

export interface Answer {
  status: number
  body: unknown
  cacheStatus: string
}

export interface Asked {
  token?: string | undefined
  json?: unknown
  /** How the request is found in the log. */
  id?: string
}

export type Ask = (method: string, path: string, asked?: Asked) => Promise<Answer>

/** A bare client: it shares two cores with four servers, Postgres and Redis. */
export function plainClient(port: number): Ask {
  const agent = new Agent({ keepAlive: true })
  onTestFinished(() => agent.destroy())
  return (method, path, { token, json, id } = {}) =>
    new Promise((resolve, reject) => {
      const headers = {
        ...(json === undefined ? {} : { "content-type": "application/json" }),
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(id ? { "x-request-id": id } : {}),
      }
      const sent = request({ port, host: "127.0.0.1", agent, method, path, headers }, (response) => {
        let text = ""
        response.setEncoding("utf8").on("data", (part: string) => (text += part))
        response.once("error", reject).once("end", () => {
          const cacheStatus = `${response.headers["cache-status"] ?? ""}`
          resolve({
            status: response.statusCode ?? 0,
            body: text ? JSON.parse(text) : undefined,
            cacheStatus,
          })
        })
      })
      // Nothing here may hang: an answer that does not come is a failure.
      sent.setTimeout(20_000, () => sent.destroy(new Error(`No answer to ${method} ${path}`)))
      sent.once("error", reject).end(json === undefined ? undefined : JSON.stringify(json))
    })
}
