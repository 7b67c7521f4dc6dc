/** Ends the process with one line on standard error. */
export function fail(what: string, error: unknown): never {
  const { message, cause } = error as Error
  console.error(`${what} ${message}${cause instanceof Error ? `: ${cause.message}` : ""}`)
  process.exit(1)
}
