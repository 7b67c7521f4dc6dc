import {
  admin,
  anyone,
  documentOwner,
  hashPassword,
  nobody,
  owner,
  resource,
  self,
  signedIn,
  verifyPassword,
} from "#weir"
import * as items from "./schema/items.ts"
import { notes } from "./schema/notes.ts"
import * as users from "./schema/users.ts"

/** What the API serves: a block per table, who may do what, and what it embeds. */
export const resources = [
  resource(users, {
    read: anyone,
    create: anyone,
    update: self,
    delete: self,
    fields: {
      email: { read: self, confirm: true },
      role: { read: self, write: admin },
      verified_at: { read: self, write: admin },
      disabled_at: { read: admin, write: admin },
      updated_at: { read: self },
      hashed_password: {
        read: nobody,
        secret: {
          as: "password",
          confirm: "current_password",
          min: 8,
          max: 200,
          hash: hashPassword,
          verify: verifyPassword,
        },
      },
    },
    embed: { items: { limit: 100, byDefault: "one" } },
    confirmDelete: true,
  }),
  resource(items, {
    read: anyone,
    create: signedIn,
    update: owner,
    delete: owner,
    fields: { owner_id: { write: admin, initially: (viewer) => viewer.id } },
    embed: { owner: {} },
  }),
  resource(notes, {
    read: documentOwner,
    create: signedIn,
    update: documentOwner,
    delete: documentOwner,
    embed: { _owner: {} },
  }),
]
