// What @upstash/ratelimit imports and never calls without its option `analytics`: `[alias]` of wrangler.toml names this file.
export class Analytics {}
