import { execFileSync } from "node:child_process"
import type { NodeServer } from "./node-server.ts"

/** The processes that a server has started and that serve. */
export function workersOf({ pid }: NodeServer): number[] {
  const rows = execFileSync("ps", ["-o", "pid=,args=", "--ppid", String(pid)], { encoding: "utf8" }).split(
    "\n",
  )
  return rows
    .filter((row) => !row.includes("libsql-reader") && row.trim())
    .map((row) => Number.parseInt(row, 10))
}
