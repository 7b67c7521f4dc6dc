// `postgres` for the Worker: `[alias]` of wrangler.toml names this file. What an alias names stays in a bundle; what that
// imports is left out where nothing uses it, by the package.json beside.
export { default } from "./client.ts"
