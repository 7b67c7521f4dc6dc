/** Prints one line on standard error, `what` with the error's message and its cause's, and exits with 1. */
export function fail(what: string, error: unknown): never {
  const { message, cause } = error as Error
  const [first = ""] = message.split("\n")
  console.error(`${what} ${first}${cause instanceof Error ? `: ${cause.message}` : ""}${placeOf(error)}`)
  process.exit(1)
}

/** Where an error of a program, and not of its use, came from: the first place in it that is not of a package. */
export function placeOf(error: unknown): string {
  const isBug = [SyntaxError, TypeError, ReferenceError, RangeError].some((type) => error instanceof type)
  if (!isBug) return ""
  const places = [...String((error as Error).stack).matchAll(/(?:file:\/\/)?(\/[^\s():]+\.[jt]s:\d+)/g)]
  const own = places.map(([, place]) => place as string).filter((place) => !place.includes("/node_modules/"))
  const place = own.find((one) => !one.includes("/weir/")) ?? own[0]
  return place === undefined ? "" : ` (${place})`
}
