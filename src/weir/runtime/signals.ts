/** Signals that ask a process to end: of a supervisor, of Ctrl-C, and of a terminal that closes. */
const signals = ["SIGTERM", "SIGINT", "SIGHUP"] as const

let current: (() => void) | undefined

/**
 * Has such a signal call `end`, in place of what it called before. Signals may come twice, as on Ctrl-C, which npm
 * passes on to a process that the terminal has told already.
 */
export function onEndSignal(end: () => void): void {
  const isFirst = !current
  current = end
  // The listeners stay: a signal that has come, and waits for the event loop, is lost with the listener of its time.
  if (isFirst) for (const signal of signals) process.on(signal, () => current?.())
}
