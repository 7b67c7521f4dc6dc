import { commands } from "#weir/cli"

await commands({
  api: () => import("./api.ts"),
  schema: new URL("./schema/", import.meta.url),
  migrations: new URL("./drizzle/", import.meta.url),
})
