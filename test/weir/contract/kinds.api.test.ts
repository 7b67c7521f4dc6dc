import "#fresh"
import { contract } from "./contract.ts"
import { api } from "./kinds/api.ts"

// Other kinds of columns, rules and accounts than the fixture's.
contract(api, { migrations: new URL("./kinds/drizzle/", import.meta.url) })
