import { env } from "cloudflare:workers"

// Imported before everything else: the schema chooses its dialect by DATABASE_URL when it is loaded, and bindings are
// not environment variables.
const bindings = env as { HYPERDRIVE?: unknown; DB?: unknown }
if (bindings.HYPERDRIVE) process.env.DATABASE_URL = "postgres:"
else if (bindings.DB) process.env.DATABASE_URL = "d1:"
