import { registerWorks } from "./at-end.ts"

registerWorks()
