/** The code of a connection that was not opened in time; that of postgres.js, too. */
export const connectTimeout = "CONNECT_TIMEOUT"

/** The error of a connection that did not answer in time. */
export const timedOut = (): Error =>
  Object.assign(new Error("the connection did not answer in time"), { code: connectTimeout })

/** Whether a driver's error means that its connection is lost. */
export const isLoss = (error: unknown): boolean =>
  /^(CONNECTION_|ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|08|57P0)/.test(String((error as { code?: unknown }).code))

/**
 * Never settles after a lost connection, which ends the transaction by itself. On an error, postgres.js would send a
 * rollback on that connection and throw where nobody can catch it.
 */
export function unlessLost(error: unknown): Promise<never> {
  if (isLoss(error)) return new Promise(() => {})
  throw error
}
