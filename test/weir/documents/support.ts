import { afterEach, beforeEach } from "vitest"
import { resource } from "../../../src/weir/resource/define.ts"
import { anyone, documentOwner, nobody, signedIn } from "../../../src/weir/resource/rules.ts"
import { collection } from "../../../src/weir/schema.ts"
import * as users from "../fixture/src/schema/users.ts"
import { appOf } from "../support/app-of.ts"
import type { Answer, Call } from "../support/client.ts"
import { createTables } from "../support/create-tables.ts"
import { type World, world } from "../support/world.ts"

/** Documents that anybody writes. */
export const papers = collection("papers")

/** Documents of one owner each. */
export const notes = collection("notes", { owner: users.users })

/** Documents with a schema. */
export const parts = collection("parts", {
  schema: {
    type: "object",
    required: ["name"],
    properties: {
      name: { type: "string", minLength: 1, maxLength: 20 },
      size: {
        type: "object",
        properties: { width: { type: "integer", minimum: 1 }, height: { type: "integer" } },
        additionalProperties: false,
      },
      tags: { type: "array", items: { enum: ["new", "old"] } },
      from: { type: "number" },
      to: { type: "number" },
    },
    not: { required: ["from", "to"] },
  },
})

export interface DocumentWorld extends World {
  /** Sends a body as it is written. */
  send(method: string, path: string, body: string, token?: string): Promise<Answer>
  call: Call
}

/** An app over the collections, anew for each test. */
export function documentWorlds(): () => DocumentWorld {
  let w: DocumentWorld
  beforeEach(async () => {
    const made = await world()
    await createTables(made.database, { papers, notes, parts })
    const open = { read: anyone, create: anyone, update: anyone, delete: anyone }
    const people = resource(users.users, {
      read: anyone,
      fields: { hashed_password: { read: nobody } },
      embed: { notes: {} },
    })
    const own = resource(notes, {
      read: documentOwner,
      create: signedIn,
      update: documentOwner,
      delete: documentOwner,
      quota: { rows: 20, per: documentOwner },
      embed: { _owner: {} },
    })
    const call = appOf(made, people, own, resource(papers, open), resource(parts, open))
    const send: DocumentWorld["send"] = (method, path, body, token) =>
      call(method, path, { body, token, headers: { "content-type": "application/json" } })
    w = { ...made, call, send }
  })
  afterEach(async () => {
    const drops = ["papers", "notes", "parts"].map((name) => ({
      text: `drop table ${name}`,
      params: [],
    }))
    await w.database.connect().batch(drops)
    await w.close()
  })
  return () => w
}
