import {
  anyone,
  defineApi,
  documentOwner,
  hashPassword,
  nobody,
  owner,
  resourcesOf,
  signedIn,
  verifyPassword,
} from "#weir"
import * as schema from "./schema.ts"

const secret = {
  as: "password",
  confirm: "current_password",
  min: 8,
  max: 200,
  hash: hashPassword,
  verify: verifyPassword,
}

/** The API of the bench's rows and documents: all are read by anyone, so that no rule is part of what is measured. */
export const api = defineApi({
  title: "Documents",
  version: "1.0.0",
  accounts: { table: schema.users, login: ["email"], password: "hashed_password", role: "role" },
  schema,
  resources: resourcesOf(schema, {
    users: { read: anyone, fields: { hashed_password: { read: nobody, secret } } },
    items: {
      read: anyone,
      create: signedIn,
      update: owner,
      fields: { owner_id: { write: nobody, initially: (viewer) => viewer.id } },
      embed: { owner: {} },
      search: ["description"],
    },
    documents: { read: anyone, create: signedIn, update: documentOwner },
  }),
})
