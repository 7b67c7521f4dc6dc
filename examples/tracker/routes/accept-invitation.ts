import { createRoute } from "@hono/zod-openapi"
import { and, eq, gt, inArray, isNotNull, or, type SQL, sql } from "drizzle-orm"
import * as z from "zod"
import { allow, type Db, Problem, route, signedIn } from "#weir"
import { invitations } from "../schema/invitations.ts"
import { memberships } from "../schema/memberships.ts"
import { users } from "../schema/users.ts"

const accepted = z
  .object({ id: z.int(), organization_id: z.int(), role: z.enum(["member", "admin", "owner"]) })
  .openapi("AcceptedInvitation", { example: { id: 12, organization_id: 1, role: "member" } })

/** The invitation, where it is for this user. */
const forUser = (db: Db, id: number, userId: number) => {
  const address = db
    .select({ email: users.email })
    .from(users)
    .where(and(eq(users.id, userId), isNotNull(users.verified_at)))
  return and(eq(invitations.id, id), or(eq(invitations.user_id, userId), inArray(invitations.email, address)))
}

/** It still stands: it is pending, is in time, and whoever made it may still invite. */
const stands = (db: Db) => {
  const inviter = db
    .select({ one: sql`1` })
    .from(users)
    .leftJoin(
      memberships,
      and(eq(memberships.user_id, users.id), eq(memberships.organization_id, invitations.organization_id)),
    )
    .where(
      and(
        eq(users.id, invitations.invited_by),
        or(eq(users.role, "admin"), inArray(memberships.role, ["owner", "admin"])),
      ),
    )
  return and(
    eq(invitations.state, "pending"),
    gt(invitations.expires_at, new Date().toISOString()),
    sql`exists ${inviter}`,
  )
}

/** `POST /invitations/{id}/accept`: whoever is invited becomes a member, in the transaction that ends the invitation. */
export const acceptInvitation = route(
  createRoute({
    method: "post",
    path: "/invitations/{id}/accept",
    operationId: "acceptInvitation",
    summary: "Accept an invitation to you",
    tags: ["invitations"],
    middleware: allow(signedIn),
    request: { params: z.object({ id: z.coerce.number().int().min(1) }) },
    responses: {
      201: { description: "The membership", content: { "application/json": { schema: accepted } } },
    },
  }),
  async (c) => {
    const { id } = c.req.valid("param")
    const { db, viewer } = c.var
    if (viewer.id === undefined) throw new Problem("unauthorized", "Sign in first")
    const userId = viewer.id
    const mine = forUser(db, id, userId)
    await requireStanding(db, mine)
    try {
      return c.json(await join(db, mine, userId), 201)
    } catch (error) {
      // Another request may have been quicker.
      await requireStanding(db, mine)
      throw error
    }
  },
)

/** Throws a 404 where the invitation is not for the viewer, and a 409 where it has ended. */
async function requireStanding(db: Db, mine: SQL | undefined): Promise<void> {
  const look = () => db.select({ state: invitations.state }).from(invitations)
  const [invitation] = await look().where(mine)
  if (!invitation) throw new Problem("not_found", "There is no such invitation to you")
  const [standing] = await look().where(and(mine, stands(db)))
  if (!standing) throw ended(invitation.state)
}

/** Ends the invitation and makes its membership, or fails and does neither. */
async function join(db: Db, mine: SQL | undefined, userId: number): Promise<z.infer<typeof accepted>> {
  const acceptance = crypto.randomUUID()
  // The update takes the row before anybody else can: of two acceptances, or of one that is withdrawn meanwhile, the
  // second changes none. Then no invitation has this acceptance, and a membership of no organization fails.
  const ofIt = (column: "organization_id" | "role") =>
    sql`(select ${invitations[column]} from ${invitations} where ${eq(invitations.acceptance, acceptance)})`
  const [, [membership]] = await db.batch((tx) => [
    tx
      .update(invitations)
      .set({ state: "accepted", acceptance })
      .where(and(mine, stands(db))),
    tx
      .insert(memberships)
      .values({ user_id: userId, organization_id: ofIt("organization_id"), role: ofIt("role") } as never)
      .returning({
        id: memberships.id,
        organization_id: memberships.organization_id,
        role: memberships.role,
      }),
  ])
  return membership as NonNullable<typeof membership>
}

const ended = (state: string): Problem =>
  new Problem(
    "conflict",
    state === "pending"
      ? "The invitation has expired, or whoever made it may not invite any more"
      : `The invitation is ${state}`,
  )
