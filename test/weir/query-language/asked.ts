import type { Answer, Call } from "../support/client.ts"
import type { Row } from "../support/samples.ts"
import { embeddedLists, expected, type Outcome, type Request, sent } from "./cases.ts"
import { model, type TableName } from "./model.ts"
import type { Oracle, Tree } from "./oracle.ts"

/** Asks a request, as it is sent. */
export function ask(call: Call, request: Request): Promise<Answer> {
  const { method, path, body } = sent(request)
  const headers: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" }
  return call(method, path, body === undefined ? {} : { body, headers })
}

/** A difference between what is answered and what must be. */
export interface Difference {
  request: string
  expected: string
  got: string
}

/** Asks a request; undefined where the answer is that of the oracle. */
export async function difference(
  call: Call,
  oracle: Oracle,
  request: Request,
): Promise<Difference | undefined> {
  const answer = await ask(call, request)
  const right = expected(oracle, request)
  const got = answer.status === 200 ? outcomeOf(answer, request) : [answer.status, answer.text]
  const texts = { expected: JSON.stringify(right), got: JSON.stringify(got) }
  if (texts.got === texts.expected) return undefined
  const { method, path, body = "" } = sent(request)
  return { request: `${method} ${decodeURIComponent(path)} ${body}`, ...texts }
}

function outcomeOf({ body, headers }: Answer, { table, embedded, isCounted }: Request): Outcome {
  const list = embeddedLists[table] as TableName
  const keys = (body as Row[]).map((row) => {
    const key = row[model[table].key]
    return embedded ? [key, (row[list] as Row[]).map((one) => one[model[list].key])] : key
  })
  return { keys, ...(isCounted ? { total: Number(headers.get("x-total-count")) } : {}) }
}

/** The request with less in it, for as long as it is answered wrongly. */
export async function shrunk(call: Call, oracle: Oracle, request: Request): Promise<Difference | undefined> {
  let least = request
  for (let tries = 0; tries < 20; tries++) {
    let found: Request | undefined
    for (const smaller of smallerRequests(least))
      if (await difference(call, oracle, smaller)) {
        found = smaller
        break
      }
    if (!found) break
    least = found
  }
  return difference(call, oracle, least)
}

function* smallerRequests(request: Request): Generator<Request> {
  const { embedded: _embedded, maker: _maker, ...plain } = request
  if (request.embedded || request.maker) yield plain
  if (request.isCounted) yield { ...request, isCounted: false }
  if (request.isBody) yield { ...request, isBody: false }
  if (request.sort) yield { ...request, sort: request.sort.split(",").slice(1).join(",") }
  if (request.sort.includes(",")) yield { ...request, sort: request.sort.split(",")[0] as string }
  for (const i of request.flat.keys()) yield { ...request, flat: request.flat.toSpliced(i, 1) }
  if (request.tree) for (const tree of smallerTrees(request.tree)) yield { ...request, tree }
  if (request.embedded) for (const embedded of smallerTrees(request.embedded)) yield { ...request, embedded }
}

/** Trees of the same table with less in them. */
function* smallerTrees(tree: Tree): Generator<Tree> {
  for (const [name, value] of Object.entries(tree)) {
    const { [name]: _, ...others } = tree
    if (Object.keys(others).length) yield others
    if (name === "and" || name === "or") {
      const parts = value as Tree[]
      for (const [i, part] of parts.entries()) {
        yield part
        if (parts.length > 1) yield { ...tree, [name]: parts.toSpliced(i, 1) }
        for (const smaller of smallerTrees(part)) yield { ...tree, [name]: parts.with(i, smaller) }
      }
    } else if (name === "not") {
      yield value as Tree
      for (const smaller of smallerTrees(value as Tree)) yield { ...tree, not: smaller }
    } else if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      for (const smaller of smallerTrees(value as Tree)) yield { ...tree, [name]: smaller }
    }
  }
}
