import { api } from "../fixture/src/api.ts"
import { items } from "../fixture/src/schema/items.ts"
import { users } from "../fixture/src/schema/users.ts"

export { api, items, users }

/** The resources of the fixture, linked. */
export const { resources } = api
