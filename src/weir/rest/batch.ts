import { requireJsonAccepted } from "../http/accept.ts"
import { readJsonText } from "../http/body.ts"
import type { AppContext } from "../http/context.ts"
import { preconditionHeaders } from "../http/preferences.ts"
import { refuseParams, searchOf } from "../http/query-string.ts"
import type { Registry } from "../http/registry.ts"
import { reply } from "../http/reply.ts"
import { inBatch } from "../operations/batch.ts"
import { sharesOf } from "../operations/batch-shares.ts"
import { Raced, recordsPerStep, StepFailed } from "../operations/batch-step.ts"
import type { Call } from "../operations/call.ts"
import { once } from "../operations/once.ts"
import {
  answerPosition,
  keepAnswer,
  keepUnchanged,
  type Outcome,
  passing,
  type Recording,
} from "../operations/recording.ts"
import { maxTries } from "../operations/refused.ts"
import { type FieldIssue, outrun, Problem } from "../problem.ts"
import type { Resource } from "../resource/resource.ts"
import { isOpen as isOpenTo } from "../resource/rules.ts"
import { isCreate, type Result, resultAgain } from "./batch-answers.ts"
import { operationsOf, type SentOperation } from "./batch-input.ts"
import { nameIn, References, referenceIn, referencesInPath, type Source } from "./batch-references.ts"
import { type Operation, stepOf } from "./batch-steps.ts"
import { type Target, targetOf } from "./batch-target.ts"
import { confirmationHeaders } from "./changes.ts"
import { recordingOf } from "./idempotency.ts"
import { batchDoc } from "./openapi-batch.ts"
import { refusePreconditions } from "./precondition.ts"
import { preferencesOf } from "./prefer.ts"
import { isUpsert } from "./upsert.ts"

/** The route of batches, where no resource has its path. */
export function batchRoute(registry: Registry, resources: readonly Resource[]): void {
  if (resources.some(({ name }) => name === "batch") || registry.has("post", "/batch")) return
  const isOpen = resources.some(({ rules }) =>
    [rules.create, rules.update, rules.delete].some((rule) => isOpenTo(rule, "anonymous")),
  )
  registry.add(
    "post",
    "/batch",
    (components) => batchDoc(components, isOpen),
    (c) => runBatch(c, resources),
  )
}

/** `POST /batch`: operations over several resources, all or none. */
async function runBatch(c: AppContext, resources: readonly Resource[]): Promise<Response> {
  const call = c.get("call")
  requireJsonAccepted(c)
  refuseParams(searchOf(c))
  refusePreconditions((name) => c.req.header(name), ": each operation has headers of its own")
  const { applied } = preferencesOf(c, "batch")
  const sent = operationsOf(await readJsonText(c), headersOf(resources))
  const keyed = await recordingOf(c, call)
  const attempt = async (): Promise<string> => {
    const recording = keyed ?? passing()
    const operations = preparedFrom(call, sent, resources, recording)
    const named = new Set(sent.flatMap(referencesOf).map(nameIn))
    const steps = operations.map((one) =>
      stepOf(one, keyed !== undefined || named.has(one.sent.name), c.get("requestId")),
    )
    const text = answerOf(
      sent,
      await ofBatch(sent, inBatch(call, steps, recording, sharesOf(call.limits, steps))),
    )
    // What only reads has no transaction, in which one of several requests with its key would be the first.
    if (steps.every(({ isRead }) => isRead)) await keepUnchanged(call, text, answerPosition)
    else if (keyed) await keepAnswer(call, keyed, text)
    return text
  }
  const { value, replayed } = await once(
    call,
    keyed,
    () => persistently(call, sent, attempt),
    (outcomes) => replayOf(call, sent, outcomes, resources),
  )
  return reply(c, 200, value, { ...applied, ...(replayed ? { "idempotency-replayed": "true" } : {}) })
}

/** Tries a batch anew that another request has outrun. Throws a 409 where that happens each time. */
async function persistently<T>(call: Call, sent: SentOperation[], attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++)
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof StepFailed && error.cause instanceof Raced)) throw error
      if (tries < maxTries && !call.isRehearsal) continue
      throw ofOperation(outrun(), sent[error.step] as SentOperation, error.step)
    }
}

/** The headers of operations: those of preconditions, and of present secrets. */
const headersOf = (resources: readonly Resource[]): ReadonlySet<string> =>
  new Set([...preconditionHeaders, ...confirmationHeaders(resources).map((name) => name.toLowerCase())])

/** The operations with what they are about. Throws a problem that names the first that is about nothing. */
function preparedFrom(
  call: Call,
  sent: SentOperation[],
  resources: readonly Resource[],
  { record }: Recording,
): Operation[] {
  const sources = new Map<string, Source>()
  const recordId = (step: number, row: number) => `${record}.${step * recordsPerStep + row}`
  const references = new References(sources, recordId, call.viewer.kind)
  return sent.map((one, step) => {
    let target: Target
    try {
      target = targetOf(one.path, resources)
    } catch (error) {
      throw ofOperation(error, one, step)
    }
    const source = { step, ...sourceOf(one, target) }
    sources.set(one.name, source)
    return { sent: one, target, source, references }
  })
}

/** The rows that an operation writes, as far as later ones may name them. */
function sourceOf(sent: SentOperation, target: Target): Omit<Source, "step" | "body"> {
  const { method, body } = sent
  const { resource, relation, targetKey, search } = target
  if (method === "GET" || method === "DELETE" || targetKey !== undefined) return {}
  const written = relation?.target ?? resource
  const value = method === "POST" ? body?.value : undefined
  const makes = isCreate(sent, target) && !isUpsert(written, search)
  return { resource: written, rows: Array.isArray(value) ? value.length : undefined, makes }
}

/** The references in an operation. */
function referencesOf({ path, body }: SentOperation): string[] {
  const value = body?.value
  const rows = Array.isArray(value) ? value : [value]
  const members = rows.flatMap((row) => (typeof row === "object" && row !== null ? Object.values(row) : []))
  return [...referencesInPath(path), ...members.flatMap((member) => referenceIn(member) ?? [])]
}

/** Results, or the problem of the operation that failed. */
async function ofBatch(sent: SentOperation[], results: Promise<Result[]>): Promise<Result[]> {
  try {
    return await results
  } catch (error) {
    if (!(error instanceof StepFailed) || error.cause instanceof Raced) throw error
    throw ofOperation(error.cause, sent[error.step] as SentOperation, error.step)
  }
}

/** The problem of an operation: by its name, and with the places of what is wrong in the whole body. */
function ofOperation(error: unknown, { name }: SentOperation, step: number): unknown {
  if (!(error instanceof Problem)) return error
  const { code, message, status, headers, current } = error
  const issues = error.issues?.map(
    (issue): FieldIssue => ({ ...issue, path: `operations.${step}.${issue.path}` }),
  )
  const members = { ...error.members, operation: name }
  return new Problem(code, message, { status, issues, members, current, headers, cause: error.cause })
}

const answerOf = (sent: SentOperation[], results: Result[]): string =>
  `{"results":[${results.map((result, i) => resultText(sent[i] as SentOperation, result)).join(",")}]}`

function resultText({ name }: SentOperation, { status, location, etag, body }: Result): string {
  const head = JSON.stringify({ id: name, status, location, etag })
  return body === undefined ? head : `${head.slice(0, -1)},"body":${body}}`
}

/**
 * The answer to a batch that was carried out before: as it was given, or where that was not kept any more, made of the rows
 * that it left. What it read is not known then.
 */
async function replayOf(
  call: Call,
  sent: SentOperation[],
  outcomes: Outcome[],
  resources: readonly Resource[],
): Promise<string> {
  const kept = outcomes.find(({ position }) => position === answerPosition)
  if (kept) return kept.body
  const { write } = sharesOf(
    call.limits,
    sent.map(({ method }) => ({ isRead: method === "GET" })),
  )
  const own = { ...call, limits: write }
  const results: Result[] = []
  for (const [step, one] of sent.entries()) {
    const left = outcomes.filter(({ position }) => Math.floor(position / recordsPerStep) === step)
    results.push(await resultAgain(own, one, targetOf(one.path, resources), left))
  }
  return answerOf(sent, results)
}
