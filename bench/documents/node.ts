import { serve } from "#weir/node"

// The tables are made by the bench itself, by SQL.
await serve(() => import("./api.ts"), { migrations: new URL("./drizzle/", import.meta.url) })
