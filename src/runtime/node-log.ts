import { pino } from "pino"
import type { Settings } from "../env.ts"
import type { Log } from "../http/request.ts"

/** How long a line may wait to be written, in milliseconds. */
const wait = 50
const mostWaiting = 500

/**
 * The log of a Node process: JSON lines on standard output, by pino. Records are made into lines many at a
 * time, which costs far less than between one request and the next. Warnings and errors do not wait.
 */
export function nodeLog(level: Settings["LOG_LEVEL"]): { log: Log; flush(): void } {
  const destination = pino.destination({ dest: 1, sync: false })
  const logger = pino(
    { base: null, timestamp: false, level, formatters: { level: (label) => ({ level: label }) } },
    destination,
  )
  let waiting: { time: number; record: Parameters<Log>[0] }[] = []
  let timer: NodeJS.Timeout | undefined
  const write = () => {
    clearTimeout(timer)
    timer = undefined
    const batch = waiting
    waiting = []
    for (const { time, record } of batch) {
      const { level: severity, ...rest } = record
      logger[severity]({ time, ...rest })
    }
  }
  return {
    log: (record) => {
      if (!logger.isLevelEnabled(record.level)) return
      waiting.push({ time: Date.now(), record })
      if (record.level !== "info" || waiting.length >= mostWaiting) write()
      else timer ??= setTimeout(write, wait)
    },
    flush: () => {
      write()
      destination.flushSync()
    },
  }
}
