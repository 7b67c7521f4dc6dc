import { commands } from "#weir/cli"

await commands({
  api: () => import("./api.ts"),
  // The rows are there already.
  seeds: async () => ({ seeds: { tables: {} } }),
  schema: new URL("./schema/", import.meta.url),
  migrations: new URL("./drizzle/", import.meta.url),
})
