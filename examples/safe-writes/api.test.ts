import "#fresh"
import { contract } from "../../test/weir/contract/contract.ts"
import { api } from "./api.ts"

contract(api, {
  migrations: new URL("./drizzle/", import.meta.url),
  // Lines of what is sold out are refused.
  samples: { products: () => ({ sold_out: false }) },
})
