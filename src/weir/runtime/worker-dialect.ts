import { env } from "cloudflare:workers"

// Loaded before all else: the schema chooses its dialect when it is loaded, and a binding is no variable.
const bindings = env as { HYPERDRIVE?: unknown; DB?: unknown }
if (bindings.HYPERDRIVE) process.env.DATABASE_URL = "postgres:"
else if (bindings.DB) process.env.DATABASE_URL = "d1:"
