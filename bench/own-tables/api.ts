import { anyone, defineApi, resourcesOf, signedIn } from "#weir"
import * as schema from "./schema.ts"

/** The API of the bench's items as a team's own table. */
export const api = defineApi({
  title: "Own tables",
  version: "1.0.0",
  accounts: false,
  schema,
  resources: resourcesOf(schema, { entries: { read: anyone, create: signedIn, update: signedIn } }),
})
