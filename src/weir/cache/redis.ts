// The build for fetch alone, which every runtime has.
import { Redis } from "@upstash/redis/cloudflare"

type Options = Partial<ConstructorParameters<typeof Redis>[0]>

/** A client of Upstash Redis that gives each command up after `timeoutMs`, and tries none again. */
export const redisClient = (
  { url, token }: { url: string; token: string },
  timeoutMs: number,
  options: Options = {},
): Redis =>
  new Redis({
    ...options,
    url,
    token,
    // `retry: false` would still try twice.
    retry: { retries: 0 },
    // A function: given a plain signal, the library returns "Aborted" as if it were Redis's reply.
    signal: () => AbortSignal.timeout(timeoutMs),
    enableTelemetry: false,
    // On Workers, no request may wait for another's socket.
    enableAutoPipelining: false,
  })
