import type { Row } from "../db/driver.ts"
import { type SentDocument, sentDocument, storedText, validatorFor } from "../documents/input.ts"
import { documentText } from "../lib/json-document.ts"
import { merged, patchSteps } from "../lib/merge-patch.ts"
import { invalid, notFound, outrun, Problem } from "../problem.ts"
import type { Values } from "../query/query.ts"
import { isLater, keyName, type RowKey } from "../resource/key.ts"
import type { Resource } from "../resource/resource.ts"
import { keyValues } from "../sql/columns.ts"
import { compileBefore, compilePatch, documentValue, encodePatch } from "../sql/document.ts"
import { heldText } from "../sql/held.ts"
import { ownValues, planOf, withValues } from "../sql/plan.ts"
import { requireOpen } from "./access.ts"
import type { Call } from "./call.ts"
import { commit } from "./commit.ts"
import { documentBytes, fieldIssues } from "./document-input.ts"
import { checkUpdate } from "./hooks.ts"
import { columnsToUpdate, requireWritable } from "./input.ts"
import { heldTextOf, type Precondition, requireStillHeld } from "./precondition.ts"
import { persistently, referenceProblem, refuseUpdate } from "./refused.ts"

/** Most objects in a patch: Postgres writes the document anew for each. */
const maxPatchObjects = 1_000

/** How often a patch is tried anew while others change what it was checked against. */
const maxChecks = 50

/**
 * Changes a document by a merge patch (RFC 7396), in one statement of the database: patches of different members at
 * once all hold. Where the collection has a schema, what the patch makes is checked beforehand, and the patch tried anew
 * if the document has changed by then. Throws as an update does.
 *
 * @example await patchDocument(call, notes, "n1", { size: { width: 10 }, color: null })
 */
export async function patchDocument(
  call: Call,
  resource: Resource,
  id: RowKey,
  input: unknown,
  precondition?: Precondition,
): Promise<string> {
  requireOpen(call, resource.rules.update)
  if (isLater(id) && validatorFor(resource))
    throw new Problem("conflict", "A document that a batch makes cannot be patched in it: send it whole")
  const sent = sentPatch(call, resource, id, input)
  requireWritable(resource, call.viewer, sent.references, false)
  const { columns } = await columnsToUpdate(resource, sent.references, call.caller)
  const held = await heldTextOf(call, resource, id, precondition)
  if (resource.options.before)
    await checkUpdate(call, resource, id, {
      ...sent.references,
      [resource.document as string]: storedText(sent),
    })
  const patch = new Patch(call, resource, id, sent.members, { columns, held })
  if (!validatorFor(resource)) {
    const row = await persistently(
      () => patch.apply(undefined),
      async () => {
        await requireStillHeld(call, resource, id, held)
        await refuseUpdate(call, resource, id, columns, nothing)
      },
    )
    return row[0] as string
  }
  for (let tries = 0; tries < maxChecks; tries++) {
    const row = await patch.apply(await patch.check())
    if (row) return row[0] as string
    await requireStillHeld(call, resource, id, held)
  }
  throw outrun()
}

const nothing = { bound: [], expressions: {}, values: {} }

/** A patch's members. Throws a 422 that names what is wrong with them. */
function sentPatch(call: Call, resource: Resource, id: RowKey, input: unknown): SentDocument {
  const sent = sentDocument(resource, input, {
    maxBytes: documentBytes(call),
    id: isLater(id) ? null : String(keyName(id)),
  })
  if (sent.issues.length) throw invalid("The body is not valid", fieldIssues(sent.issues))
  if (sent.members.size === 0 && Object.keys(sent.references).length === 0)
    throw invalid("The patch changes nothing", [
      { path: "body", message: "must hold at least one member", code: "empty" },
    ])
  return sent
}

/** A patch of one document, to be tried. */
class Patch {
  private readonly call: Call
  private readonly resource: Resource
  private readonly id: RowKey
  private readonly text: string
  private readonly values: Values
  /** The references that it sets, encoded. */
  private readonly columns: Values
  private readonly references: string[]
  private readonly isHeld: boolean

  constructor(
    call: Call,
    resource: Resource,
    id: RowKey,
    members: SentDocument["members"],
    { columns, held }: { columns: Values; held: string | undefined },
  ) {
    this.call = call
    this.resource = resource
    this.id = id
    this.text = documentText(members)
    this.columns = columns
    this.references = Object.keys(columns)
    this.isHeld = held !== undefined
    const steps = patchSteps(members)
    if (steps.count > maxPatchObjects)
      throw invalid("The body is not valid", [
        { path: "body", message: `must hold at most ${maxPatchObjects} objects`, code: "too_many" },
      ])
    this.values = {
      ...columns,
      ...keyValues(resource, id),
      [documentValue.patch]: encodePatch(this.text, steps.text),
      ...ownValues(call.viewer),
      [heldText]: held,
    }
  }

  /** Patches the document, if its text is still that one: no row where it is not, or not the viewer's to change. */
  async apply(before: string | undefined): Promise<Row | undefined> {
    const { call, resource, values, references, isHeld } = this
    const { kind } = call.viewer
    const maxBytes = documentBytes(call)
    const guarded = before !== undefined
    const shape = `patch:${kind}:${references}:${maxBytes}${guarded ? ":guarded" : ""}${isHeld ? ":held" : ""}`
    const plan = planOf(resource, shape, () =>
      compilePatch(resource, kind, references, { maxBytes, guarded, held: isHeld }),
    )
    const statement = withValues(plan, guarded ? { ...values, [documentValue.before]: before } : values)
    try {
      const [rows] = await commit(call, [
        { resource, verb: "update", key: this.id, columns: references, statement },
      ])
      return rows?.[0]
    } catch (error) {
      throw await referenceProblem(call, resource, error, this.columns)
    }
  }

  /** The text of the document as it is, of which the patch makes a valid one. Throws where it does not. */
  async check(): Promise<string> {
    const { call, resource, values, references } = this
    const { kind } = call.viewer
    const plan = planOf(resource, `before:${kind}:${references}`, () =>
      compileBefore(resource, kind, references),
    )
    const [row] = await call.client().query(withValues(plan, values, true))
    if (!row) throw notFound()
    if (Number(row[1]) === 0) {
      await refuseUpdate(call, resource, this.id, this.columns, nothing)
    }
    const before = String(row[0])
    const issues = validatorFor(resource)?.(merged(JSON.parse(before), JSON.parse(this.text))) ?? []
    if (issues.length) throw invalid("The patched document is not valid", fieldIssues(issues))
    return before
  }
}
