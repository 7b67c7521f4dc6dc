import { type ChildProcess, fork } from "node:child_process"
import { Worker } from "node:worker_threads"
import type { Row } from "../driver.ts"

/** How long a process that nothing is asked of stays, in milliseconds. */
export const maxIdleMs = 30_000
/** How often it looks whether its parent lives, in milliseconds. */
const watchMs = 1_000
/** Rows of one reply, and characters of which it has no more before its last row: the parent decodes each reply in one piece. */
const maxRowsPerReply = 1_000
const maxCharactersPerReply = 4_194_304

/** Where the next reply begins. */
export function endOfReply(rows: Row[], start: number): number {
  let characters = 0
  let end = start
  while (end < rows.length && end - start < maxRowsPerReply && characters < maxCharactersPerReply) {
    for (const value of rows[end] as Row)
      if (typeof value === "string" || ArrayBuffer.isView(value))
        characters += typeof value === "string" ? value.length : value.byteLength
    end += 1
  }
  return end
}

/** Starts a program beside this process, on a database file. */
export const startBeside = (program: string, path: string): ChildProcess =>
  fork(program, [path, String(process.pid)], {
    serialization: "advanced",
    execArgv: [],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    // Under `node --watch`, a process with this reports to its parent which files it has loaded.
    env: { ...process.env, WATCH_REPORT_DEPENDENCIES: undefined },
  })

/** Whether this process stays for what it has asked of another. */
export function waitFor(child: ChildProcess, isAwaited: boolean): void {
  child[isAwaited ? "ref" : "unref"]()
  child.channel?.[isAwaited ? "ref" : "unref"]()
}

/** For such a program: has it live as long as the process that started it, and returns the path of the file. */
export function followParent(): string {
  const [, , path = "", parent] = process.argv
  // The parent decides when it ends: a terminal's Ctrl-C reaches both, and the parent still answers its requests.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {})
  process.on("disconnect", () => process.exit(0))
  // A statement holds this thread, so that it would outlive its parent: another thread watches.
  new Worker(
    `const { workerData } = require("node:worker_threads")
   setInterval(() => { if (process.ppid !== workerData.parent) process.kill(process.pid, "SIGKILL") }, workerData.watchMs)`,
    { eval: true, workerData: { parent: Number(parent), watchMs } },
  )
  return path
}
