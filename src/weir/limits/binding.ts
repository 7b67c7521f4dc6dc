import { type Limit, type Limiter, type Verdict, windowMs } from "./limiter.ts"

/** Cloudflare's binding for rate limits. https://developers.cloudflare.com/workers/runtime-apis/bindings/rate-limit/ */
export interface RateLimitBinding {
  limit(options: { key: string }): Promise<{ success: boolean }>
}

/** Counts by a Worker's binding. How many it allows, and in which time, stands in the binding's own configuration. */
export class BindingLimiter implements Limiter {
  readonly hasOwnAmount = true
  private readonly binding: RateLimitBinding

  constructor(binding: RateLimitBinding) {
    this.binding = binding
  }

  async take(key: string, cost: number, { name, amount }: Limit): Promise<Verdict> {
    let allowed = true
    for (let i = 0; i < cost && allowed; i++)
      allowed = (await this.binding.limit({ key: `${name} ${key}` })).success
    return { allowed, remaining: allowed ? amount : 0, resetMs: windowMs }
  }
}
