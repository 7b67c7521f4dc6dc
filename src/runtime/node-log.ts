import SonicBoom from "sonic-boom"
import type { Settings } from "../env.ts"
import type { Log } from "../http/request.ts"
import { leveled } from "./services.ts"

/** How long a line may wait to be written, in milliseconds, and how many bytes are written at the latest. */
const [wait, together] = [50, 8_192]
/** Most bytes that wait when nobody takes them; what comes then is dropped, for memory is for requests. */
const most = 16 * 1024 * 1024

/**
 * The log of a Node process: JSON lines on standard output, written many at a time and never by the event
 * loop's own thread. Warnings and errors do not wait.
 */
export function nodeLog(level: Settings["LOG_LEVEL"]): { log: Log; flush(): void } {
  const destination = new SonicBoom({
    fd: 1,
    sync: false,
    minLength: together,
    maxLength: most,
    periodicFlush: wait,
  })
  // Whoever reads the log has gone: requests are served all the same.
  destination.on("error", () => {})
  const log: Log = (record) => {
    destination.write(`${JSON.stringify({ time: Date.now(), ...record })}\n`)
    if (record.level !== "info") destination.flush()
  }
  return { log: leveled(log, level), flush: () => destination.flushSync() }
}
