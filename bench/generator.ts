import { Agent, request } from "node:http"

/**
 * A small load generator for machines without wrk. It keeps `connections` requests in flight for `seconds` and prints
 * requests/s. It exits with 1 at the first response that is not 2xx.
 */
interface Job {
  origin: string
  path: string
  method: string
  headers: Record<string, string>
  body: string
  seconds: number
  connections: number
}

const job = JSON.parse(process.argv[2] ?? "") as Job
const { hostname, port } = new URL(job.origin)
const agent = new Agent({ keepAlive: true, maxSockets: job.connections })
const headers = { ...job.headers, ...(job.body ? { "content-length": Buffer.byteLength(job.body) } : {}) }
const options = { hostname, port, path: job.path, method: job.method, headers, agent }

const started = performance.now()
const end = started + job.seconds * 1000
let responses = 0

function sendRequest(): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(options, (response) => {
      const status = response.statusCode ?? 0
      if (status < 200 || status > 299) reject(new Error(`${job.method} ${job.path}: ${status}`))
      response.on("error", reject)
      response.on("end", resolve)
      response.resume()
    })
    sent.on("error", reject)
    sent.end(job.body || undefined)
  })
}

async function connection(): Promise<void> {
  while (performance.now() < end) {
    await sendRequest()
    responses++
  }
}

await Promise.all(Array.from({ length: job.connections }, connection))
console.log(responses / ((performance.now() - started) / 1000))
agent.destroy()
