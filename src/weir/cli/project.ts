import type { Api } from "../api.ts"
import type { Seeds } from "../resource/seeds.ts"

/** What the commands need of a project; what one does not need is not loaded. */
export interface Project {
  api(): Promise<{ api: Api }>
  seeds(): Promise<{ seeds: Seeds }>
  /** The folder of the tables. */
  schema: URL
  /** The folder with the migrations of each dialect. */
  migrations: URL
}
