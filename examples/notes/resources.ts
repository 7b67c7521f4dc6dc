import { anyone, hashPassword, nobody, owner, resource, self, signedIn, verifyPassword } from "#weir"
import * as notes from "./schema/notes.ts"
import * as users from "./schema/users.ts"

export const resources = [
  resource(users, {
    read: self,
    create: anyone,
    update: self,
    delete: self,
    fields: {
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
  }),
  resource(notes, {
    read: owner,
    create: signedIn,
    update: owner,
    delete: owner,
    // The owner is whoever creates the note, and stays so.
    fields: { owner_id: { write: nobody, initially: (viewer) => viewer.id } },
    sort: "-updated_at",
  }),
]
