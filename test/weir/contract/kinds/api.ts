import { sql } from "drizzle-orm"
import {
  admin,
  any,
  anyone,
  defineApi,
  documentOwner,
  hashPassword,
  nobody,
  type Rule,
  resource,
  self,
  signedIn,
  verifyPassword,
  viewerIs,
} from "#weir"
import * as entries from "./schema/entries.ts"
import * as kinds from "./schema/kinds.ts"
import * as ledgers from "./schema/ledgers.ts"
import * as lots from "./schema/lots.ts"
import * as members from "./schema/members.ts"
import * as pieces from "./schema/pieces.ts"
import { flags, reviews } from "./schema/reviews.ts"
import * as shelves from "./schema/shelves.ts"
import { writeRecords } from "./schema/write-records.ts"

const secret = {
  as: "passphrase",
  confirm: "old_passphrase",
  min: 8,
  max: 64,
  hash: hashPassword,
  verify: verifyPassword,
}
const isPublic: Rule<"public"> = (row) => sql`${row("public")}`
const light: Rule<"weight"> = (row) => sql`coalesce(${row("weight")}, 0) < 1000`

/** An API of what is hard: every type of column, closed actions, rules that look at rows, other accounts. */
export const api = defineApi({
  title: "All kinds",
  version: "1",
  records: writeRecords,
  accounts: { table: members.members, login: ["handle"], password: "secret", role: "rank", admin: "chief" },
  resources: [
    resource(members, {
      read: anyone,
      create: anyone,
      update: self,
      delete: nobody,
      fields: { rank: { read: self, write: admin }, secret: { read: nobody, secret } },
      embed: { pieces: { limit: 3, sort: "title", byDefault: "one" } },
    }),
    resource(kinds, {
      read: signedIn,
      create: admin,
      update: admin,
      delete: admin,
      embed: { parent: {} },
    }),
    resource(lots, {
      read: anyone,
      create: signedIn,
      update: signedIn,
      delete: admin,
      embed: { owner: {}, above: {}, below: { sort: "-price" } },
    }),
    resource(ledgers, {
      read: anyone,
      create: signedIn,
      update: signedIn,
      delete: admin,
      embed: { lots: { sort: "day" }, entries: {} },
    }),
    resource(entries, {
      read: anyone,
      create: signedIn,
      delete: admin,
      embed: { book: {} },
      singular: "entry",
    }),
    resource(shelves, { read: anyone, update: admin, singular: "shelf", embed: { pieces: {} } }),
    resource(pieces, {
      read: any(isPublic, viewerIs("maker_id")),
      create: any(admin, light),
      update: viewerIs("maker_id"),
      delete: viewerIs("maker_id"),
      fields: {
        weight: { read: viewerIs("maker_id") },
        maker_id: { write: nobody, initially: (viewer) => viewer.id },
      },
      embed: { shelf: {}, maker: {} },
      sort: ["-public", "title"],
    }),
    resource(reviews, {
      read: documentOwner,
      create: signedIn,
      update: documentOwner,
      delete: documentOwner,
      embed: { lot: {}, ledger: {}, parent: {}, flags: {} },
    }),
    resource(flags, {
      read: signedIn,
      create: signedIn,
      update: signedIn,
      delete: admin,
      embed: { review: {} },
    }),
  ],
})
