/** Prints one line on standard error, `what` with the error's message and its cause's, and exits with 1. */
export function fail(what: string, error: unknown): never {
  const { message, cause } = error as Error
  console.error(`${what} ${message}${cause instanceof Error ? `: ${cause.message}` : ""}`)
  process.exit(1)
}
