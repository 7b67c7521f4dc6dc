import { sql } from "drizzle-orm"
import {
  admin,
  any,
  anyone,
  hashPassword,
  nobody,
  owner,
  type Rule,
  resourcesOf,
  role,
  self,
  signedIn,
  verifyPassword,
} from "#weir"
import * as schema from "./schema/people.ts"

/** The row is of the organisation that the viewer's token names. */
const ofOrganisation: Rule<"org"> = (row, viewer) => sql`${row("org")} = ${viewer.claim("org_id")}`

/** The resources, anew for each API. */
export const accountResources = () =>
  resourcesOf(schema, {
    people: {
      read: anyone,
      create: anyone,
      update: self,
      delete: self,
      fields: {
        email: { read: self, confirm: true },
        role: { read: self, write: admin },
        verified_at: { read: self, write: admin },
        disabled_at: { read: admin, write: admin },
        seen_at: { read: self, write: nobody },
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
      embed: { things: { limit: 100 } },
      confirmDelete: true,
    },
    things: {
      read: anyone,
      create: signedIn,
      update: any(owner, role("editor"), ofOrganisation),
      delete: owner,
      fields: { owner_id: { write: admin, initially: (viewer) => viewer.id } },
      embed: { owner: {} },
    },
  })

export const resources = accountResources()
