import { serve } from "#weir/node"

await serve(() => import("./api.ts"), { migrations: new URL("./drizzle/", import.meta.url) })
