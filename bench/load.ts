import { spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { run, temporaryFolder } from "./processes.ts"
import { newItem, type Route } from "./routes.ts"

export const connections = 32

/** The request that is repeated. */
export interface Target extends Pick<Route, "method" | "path"> {
  origin: string
  token: string
}

// The generator shares the machine with the server; wrk uses the least CPU.
const hasWrk = spawnSync("wrk", ["-v"]).error === undefined
export const generator = hasWrk
  ? "wrk, 1 thread"
  : "bench/generator.ts (wrk is not on PATH; install it for better figures)"

/** Keeps `connections` requests in flight for `seconds` and returns requests/s. Throws if a response is not 2xx. */
export const fire = (target: Target, seconds: number): Promise<number> =>
  hasWrk ? fireWrk(target, seconds) : fireNode(target, seconds)

const headersOf = ({ method, token }: Target): Record<string, string> =>
  method === "GET" ? {} : { authorization: `Bearer ${token}`, "content-type": "application/json" }
const bodyOf = ({ method }: Target): string => (method === "GET" ? "" : JSON.stringify(newItem))

async function fireWrk(target: Target, seconds: number): Promise<number> {
  const args = ["-t1", `-c${connections}`, `-d${seconds}s`]
  if (target.method !== "GET") args.push("-s", script(target))
  const output = await run("wrk", [...args, target.origin + target.path])
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1])
  // wrk counts only statuses from 400 on; the comparison before the run has excluded 3xx.
  if (!(perSecond > 0) || /Non-2xx|Socket errors/.test(output))
    throw new Error(
      `${target.method} ${target.origin}${target.path} did not answer every request with 2xx:\n${output}`,
    )
  return perSecond
}

/** Writes the Lua script from which wrk takes method, headers and body, and returns its path. */
function script(target: Target): string {
  const path = join(temporaryFolder(), "request.lua")
  const headers = Object.entries(headersOf(target)).map(([k, v]) => `wrk.headers[ ${lua(k)} ] = ${lua(v)}`)
  const lines = [`wrk.method = ${lua(target.method)}`, `wrk.body = ${lua(bodyOf(target))}`, ...headers]
  writeFileSync(path, lines.join("\n"))
  return path
}

/** A string literal in Lua's long brackets, which need no escapes. */
const lua = (text: string): string => `[==[${text}]==]`

async function fireNode(target: Target, seconds: number): Promise<number> {
  const job = { ...target, headers: headersOf(target), body: bodyOf(target), seconds, connections }
  const output = await run(process.execPath, [join(import.meta.dirname, "generator.ts"), JSON.stringify(job)])
  return Number(output)
}
