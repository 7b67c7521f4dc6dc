import type { Api } from "../../../src/weir/api.ts"
import type { Samples } from "../support/samples.ts"
import { documentHttpContract, documentOwnerContract } from "./document-http.ts"
import { documentContract } from "./documents.ts"
import { httpContract } from "./http.ts"
import { keylessContract } from "./keyless.ts"
import { listContract } from "./lists.ts"
import { manyContract } from "./many.ts"
import { onceContract } from "./once.ts"
import { ownerContract } from "./owners.ts"
import { permissive } from "./permissive.ts"
import { rehearsalContract } from "./rehearsals.ts"
import { rowContract } from "./rows.ts"
import { upsertContract } from "./upserts.ts"

export interface ContractOptions {
  /** The folder with the migrations of each dialect. */
  migrations: URL
  /** Values for the rows of a table, where a CHECK of its own asks for more than its columns say. */
  samples?: Samples
}

/**
 * The tests of every resource of an API, made from its fields and rules: what each says, held against what it
 * does, over the database of the project at hand. A table that is added is tested as it stands.
 *
 * @example contract(api, { migrations: new URL("../drizzle/", import.meta.url) })
 */
export function contract(api: Api, { migrations, samples = {} }: ContractOptions): void {
  const open = { api: permissive(api), migrations, samples }
  rowContract(open)
  listContract(open)
  keylessContract(open)
  documentContract(open)
  documentHttpContract(open)
  httpContract(open)
  upsertContract(open)
  onceContract(open)
  manyContract(open)
  rehearsalContract(open)
  ownerContract({ api, migrations, samples })
  documentOwnerContract({ api, migrations, samples })
}
