import "#fresh"
import { contract } from "../../test/weir/contract/contract.ts"
import { api } from "./api.ts"

contract(api, { migrations: new URL("./drizzle/", import.meta.url) })
