import { worker } from "#weir/worker"
import { api } from "./api.ts"

export default worker(api)
