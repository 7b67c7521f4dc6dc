import SonicBoom from "sonic-boom"
import type { Log } from "../http/request.ts"
import { leveled } from "./services.ts"
import type { Settings } from "./settings.ts"

/** Flush after 50 ms or 8,192 characters, whichever comes first. */
const [flushMs, flushLength] = [50, 8_192]
/** Most bytes in the buffer while nobody reads the output. Further lines are dropped, to keep memory for requests. */
const maxBufferBytes = 16 * 1024 * 1024

/**
 * The log of a Node process: JSON lines on standard output, written in chunks and outside the event loop's thread.
 * Warnings and errors are flushed at once.
 */
export function nodeLog(level: Settings["LOG_LEVEL"]): { log: Log; flush(): void } {
  const destination = new SonicBoom({ fd: 1, sync: false, maxLength: maxBufferBytes })
  // When the reader of the log has closed the pipe, requests are still served.
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
    // Spliced into the JSON text: copying the record to put the time first would double the cost.
    lines += `{"time":${Date.now()},${JSON.stringify(record).slice(1)}\n`
    if (record.level !== "info" || lines.length >= flushLength) write()
    else timer ??= setTimeout(write, flushMs)
  }
  return {
    log: leveled(log, level),
    flush: () => {
      write()
      destination.flushSync()
    },
  }
}
