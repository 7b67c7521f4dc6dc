import type { Api } from "../api.ts"
import type { Seeds } from "../resource/seeds.ts"

/** A project, as the commands use it. `api` and `seeds` are functions, so that a command loads only what it needs. */
export interface Project {
  api(): Promise<{ api: Api }>
  seeds?(): Promise<{ seeds: Seeds }>
  /** The folder of the schema's table files. */
  schema: URL
  /** The folder with the migrations of each dialect. */
  migrations: URL
}
