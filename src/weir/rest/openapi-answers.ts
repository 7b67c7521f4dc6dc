import type { Components, Json, Reference } from "../http/components.ts"
import { preconditionReferences } from "../http/conditional-docs.ts"
import type { Resource } from "../resource/resource.ts"
import { fieldsParam, includeParams, keyParams } from "./openapi-params.ts"
import { type Documents, jsonOf } from "./openapi-parts.ts"
import { rowSchemas } from "./openapi-rows.ts"

const prefer =
  "`return=minimal` for an answer without a body, `tx=rollback` to have the request carried out and undone, `handling=strict` to refuse what is not understood (RFC 7240)"

const idempotencyKey =
  "A text of the client's own, the same for each retry: the write is done once, and a retry gets the first answer, with `Idempotency-Replayed: true`. With another request, a 422"

/** The header of writes that are done once. */
export const idempotencyHeader = (components: Components): Reference =>
  components.named("parameters", "Idempotency-Key", () => ({
    name: "Idempotency-Key",
    in: "header",
    required: false,
    description: idempotencyKey,
    schema: { type: "string", minLength: 1, maxLength: 255, description: idempotencyKey },
  }))

/** The same where writes are recorded. */
export const keyHeader = ({ records, components }: Documents): Reference[] =>
  records ? [idempotencyHeader(components)] : []

/** The header by which a client prefers what becomes of a write. */
export const preferHeader = (components: Components): Reference =>
  components.named("parameters", "Prefer", () => ({
    name: "Prefer",
    in: "header",
    required: false,
    description: prefer,
    schema: { type: "string", description: prefer },
  }))

/** The headers of every write. */
export const writeHeaders = (d: Documents): Reference[] => [...keyHeader(d), preferHeader(d.components)]

/**
 * The parameters by which a write's answer is chosen, with `more` names for `fields`. Those of embeds are as in reads, and
 * not named again.
 */
export const answerParams = (d: Documents, resource: Resource, more: string[] = []): Reference[] => [
  fieldsParam(d, resource, more),
  ...includeParams(d, resource, false).slice(0, 1),
  ...writeHeaders(d),
]

/** The parameters of a write to one row. */
export const rowWriteParams = (d: Documents, resource: Resource): Reference[] => [
  ...keyParams(d, resource),
  ...preconditionReferences(d.components),
  ...answerParams(d, resource),
]

/** A row as a write answers with it: whole, or what `fields` asks for. */
export function writtenRow(d: Documents, resource: Resource): Json {
  const { whole, part } = rowSchemas(d, resource)
  return { anyOf: [whole, part] }
}

/** The answer to a write that is to have no body. */
export const withoutBody = { 204: { description: "As asked by `Prefer: return=minimal`" } }

/** The answer to a sign-up whose address is confirmed by mail. */
export const signedUp = (): Record<number, Json> => ({
  202: {
    description: "Signed up, but for the address, which a link by mail verifies; an admin's create is a 201",
    ...jsonOf({ type: "object", properties: { message: { type: "string" } }, required: ["message"] }),
  },
})
