import { createRoute } from "@hono/zod-openapi"
import { and, eq } from "drizzle-orm"
import * as z from "zod"
import { allow, Problem, route, signedIn } from "#weir"
import { notes } from "../schema/notes.ts"

const tag = z.string().trim().min(1).max(40)

const input = z
  .strictObject({ from: tag, to: tag.nullable() })
  .openapi("Retag", { example: { from: "work", to: "office" } })

const output = z.object({ changed: z.int() }).openapi("Retagged", { example: { changed: 3 } })

/** `POST /notes/retag`: renames a tag in all notes of the viewer; `null` removes it. */
export const retag = route(
  createRoute({
    method: "post",
    path: "/notes/retag",
    operationId: "retagNotes",
    summary: "Rename a tag in all your notes",
    tags: ["notes"],
    middleware: allow(signedIn),
    request: { body: { required: true, content: { "application/json": { schema: input } } } },
    responses: {
      200: { description: "How many notes changed", content: { "application/json": { schema: output } } },
    },
  }),
  async (c) => {
    const { db, viewer } = c.var
    const { from, to } = c.req.valid("json")
    if (viewer.id === undefined) throw new Problem("unauthorized", "Sign in first")
    // A hand-written route has no rules of rows: the condition on the owner is its own.
    const changed = await db
      .update(notes)
      .set({ tag: to })
      .where(and(eq(notes.owner_id, viewer.id), eq(notes.tag, from)))
      .returning({ id: notes.id })
    return c.json({ changed: changed.length }, 200)
  },
)
