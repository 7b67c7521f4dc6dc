import SonicBoom from "sonic-boom"
import type { Log } from "../http/request.ts"
import { leveled } from "./services.ts"
import type { Settings } from "./settings.ts"

/** How long a line may wait to be written, in milliseconds, and how much is written at the latest, in characters. */
const [wait, together] = [50, 8_192]
/** Most bytes that wait when nobody takes them; what comes then is dropped, for memory is for requests. */
const most = 16 * 1024 * 1024

/**
 * The log of a Node process: JSON lines on standard output, written many at a time and never by the event
 * loop's own thread. Warnings and errors do not wait.
 */
export function nodeLog(level: Settings["LOG_LEVEL"]): { log: Log; flush(): void } {
  const destination = new SonicBoom({ fd: 1, sync: false, maxLength: most })
  // Whoever reads the log has gone: requests are served all the same.
  destination.on("error", () => {})
  let lines = ""
  let timer: NodeJS.Timeout | undefined
  const write = () => {
    clearTimeout(timer)
    timer = undefined
    if (lines) destination.write(lines)
    lines = ""
  }
  const log: Log = (record) => {
    // The time comes first; copying the record for its sake would take as long as the rest.
    lines += `{"time":${Date.now()},${JSON.stringify(record).slice(1)}\n`
    if (record.level !== "info" || lines.length >= together) write()
    else timer ??= setTimeout(write, wait)
  }
  return {
    log: leveled(log, level),
    flush: () => {
      write()
      destination.flushSync()
    },
  }
}
