// First, because in workerd it chooses the dialect, before a table is made.
import "#fresh"
import { fixture } from "../support/fresh.ts"
import { contract } from "./contract.ts"

contract(fixture.api, fixture)
