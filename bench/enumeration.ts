/**
 * Measures whether the time of an answer tells who has an account: `node bench/enumeration.ts [samples]`. For each route, as
 * many requests with a known name as with unknown ones, in random order, over one connection; then the area under the
 * ROC curve of their times. 0.5 is a coin; 0.55 is the bar.
 */
import { Agent, request } from "node:http"
import { join } from "node:path"
import { cleanUp, freePort, start, temporaryFolder, until } from "./processes.ts"

const root = join(import.meta.dirname, "..")
const samples = Number(process.argv[2] ?? 300)
const bar = 0.55
const password = "correct horse battery"

/** The probability that a time of one list is longer than one of the other; ties count half. */
function areaUnderCurve(longer: number[], shorter: number[]): number {
  let wins = 0
  for (const a of longer) for (const b of shorter) wins += a > b ? 1 : a === b ? 0.5 : 0
  const area = wins / (longer.length * shorter.length)
  return Math.max(area, 1 - area)
}

const median = (times: number[]): number => [...times].sort((a, b) => a - b)[times.length >> 1] as number

const folder = temporaryFolder()
const port = await freePort()
const origin = `http://127.0.0.1:${port}`
const server = start(
  process.execPath,
  ["--import", join(root, "src/weir/runtime/fast-imports.js"), join(root, "src/node.ts")],
  { cwd: root, env: { PATH: process.env.PATH, DATABASE_URL: `file:${folder}/weir.db`, PORT: String(port) } },
)
await until("the server", server, async () => (await fetch(`${origin}/ready`)).ok)

const json = { "content-type": "application/json" }
const signUp = await fetch(`${origin}/users`, {
  method: "POST",
  headers: json,
  body: JSON.stringify({ email: "known@example.com", username: "somebody", password }),
})
if (signUp.status !== 201) throw new Error(`The sign-up was answered by ${signUp.status}`)

const agent = new Agent({ keepAlive: true, maxSockets: 1 })

/** The time of one request, in ms, up to the end of its answer. */
function timeOf(path: string, type: string, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": type, "content-length": Buffer.byteLength(body) }
    const started = performance.now()
    const sent = request({ port, host: "127.0.0.1", path, method: "POST", headers, agent }, (response) => {
      response.resume()
      response.on("end", () => resolve(performance.now() - started))
    })
    sent.on("error", reject)
    sent.end(body)
  })
}

const routes: Record<string, (email: string) => Promise<number>> = {
  "/auth/forgot": (email) => timeOf("/auth/forgot", "application/json", JSON.stringify({ email })),
  "/auth/verification": (email) =>
    timeOf("/auth/verification", "application/json", JSON.stringify({ email })),
  "/auth/token": (username) => {
    const form = new URLSearchParams({ username, password: "wrong horse battery" })
    return timeOf("/auth/token", "application/x-www-form-urlencoded", form.toString())
  },
}

for (const [path, ask] of Object.entries(routes)) {
  for (let i = 0; i < 20; i++) await ask(i % 2 ? "known@example.com" : "nobody@example.com")
  const order = Array.from({ length: 2 * samples }, (_, i) => i % 2 === 0)
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1))
    ;[order[i], order[j]] = [order[j] as boolean, order[i] as boolean]
  }
  const known: number[] = []
  const unknown: number[] = []
  for (const isKnown of order) {
    const time = await ask(isKnown ? "known@example.com" : `${crypto.randomUUID().slice(0, 5)}@example.com`)
    ;(isKnown ? known : unknown).push(time)
    // What runs after an answer is done before the next request.
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  const area = areaUnderCurve(known, unknown)
  const medians = `median ${median(known).toFixed(2)} ms known, ${median(unknown).toFixed(2)} ms unknown`
  console.log(`${path}: AUC ${area.toFixed(3)} (bar ${bar}), ${samples} samples each, ${medians}`)
  if (area >= bar) process.exitCode = 1
}
agent.destroy()
await cleanUp()
