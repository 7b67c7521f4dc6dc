import "#fresh"
import { api } from "../src/api.ts"
import { contract } from "./weir/contract/contract.ts"

// Every resource, held against its own fields and rules. Tests of your own go below, or beside this file.
contract(api, { migrations: new URL("../drizzle/", import.meta.url) })
