// `@libsql/client/http` for the Worker, a tenth as large: `[alias]` of wrangler.toml names this file. It speaks the same
// protocol to servers (Hrana 2, in JSON), and has the methods that the engine calls.

type Value = null | string | number | bigint | boolean | Uint8Array | ArrayBuffer
interface Statement {
  sql: string
  args: readonly Value[]
}
interface Result {
  columns: string[]
  rows: Value[][]
}
type Mode = "write" | "deferred"

/** A value as the protocol has it. */
type Sent = { type: string; value?: unknown; base64?: string }
interface SentResult {
  cols: { name?: string | null }[]
  rows: Sent[][]
}
interface SentError {
  message: string
  code?: string | null
}
type Answer =
  | { type: "ok"; response: { result: SentResult & SentBatch } }
  | { type: "error"; error: SentError }
interface SentBatch {
  step_results: (SentResult | null)[]
  step_errors: (SentError | null)[]
}
interface Step {
  stmt: object
  condition?: object
}

/** What the server refuses. */
class LibsqlError extends Error {
  override name = "LibsqlError"
  readonly code: string
  /** Which statement of a batch failed. */
  declare statementIndex?: number

  constructor({ message, code }: SentError, statementIndex?: number) {
    super(`${code ?? "UNKNOWN"}: ${message}`)
    this.code = code ?? "UNKNOWN"
    if (statementIndex !== undefined) this.statementIndex = statementIndex
  }
}

const begins = { write: "BEGIN IMMEDIATE", deferred: "BEGIN DEFERRED" }
const run = (sql: string) => ({ sql, want_rows: false })
const ok = (step: number) => ({ type: "ok", step })
const close = { type: "close" }

export function createClient(config: { url: string; authToken?: string; intMode: "number" }) {
  const { base, token } = targetOf(config)
  const open = () => new Stream(base, token)
  const batch = async (statements: readonly (string | Statement)[], mode: Mode, around: string[] = []) => {
    const queries = statements.map(queryOf)
    const [before, after] = around
    const first = before === undefined ? 0 : 1
    const last = first + queries.length
    const steps: Step[] = [
      ...(before === undefined ? [] : [{ stmt: run(before) }]),
      { stmt: run(begins[mode]) },
      ...queries.map((stmt, i) => ({ stmt, condition: ok(first + i) })),
      { stmt: run("COMMIT"), condition: ok(last) },
      { stmt: run("ROLLBACK"), condition: { type: "not", cond: ok(last + 1) } },
      ...(after === undefined ? [] : [{ stmt: run(after) }]),
    ]
    const sent = await open().send([{ type: "batch", batch: { steps } }, close])
    const results = resultsOf(sent, first, queries.length)
    const refused = sent.step_errors[last + 1]
    if (refused) throw new LibsqlError(refused)
    return results
  }
  return {
    execute: async (statement: string | Statement) =>
      resultOf(await open().send([{ type: "execute", stmt: queryOf(statement) }, close])),
    batch: (statements: readonly (string | Statement)[], mode: Mode) => batch(statements, mode),
    migrate: (statements: readonly string[]) =>
      batch(statements, "deferred", ["PRAGMA foreign_keys=off", "PRAGMA foreign_keys=on"]),
    transaction: async (mode: Mode) => new Transaction(open(), mode),
    close() {},
  }
}

/** A transaction of one batch, which is to be rolled back. */
class Transaction {
  readonly #stream: Stream
  readonly #mode: Mode

  constructor(stream: Stream, mode: Mode) {
    this.#stream = stream
    this.#mode = mode
  }

  async batch(statements: readonly Statement[]): Promise<Result[]> {
    const steps: Step[] = [
      { stmt: run(begins[this.#mode]) },
      ...statements.map((one, i) => ({ stmt: queryOf(one), condition: ok(i) })),
    ]
    return resultsOf(await this.#stream.send([{ type: "batch", batch: { steps } }]), 0, statements.length)
  }

  async rollback(): Promise<void> {
    if (this.#stream.isOpen) await this.#stream.send([{ type: "execute", stmt: run("ROLLBACK") }, close])
  }
}

/** One connection of the server, which its answers name for what follows on it. */
class Stream {
  #base: string
  readonly #token: string | undefined
  #baton: string | null = null

  constructor(base: string, token: string | undefined) {
    this.#base = base
    this.#token = token
  }

  get isOpen(): boolean {
    return this.#baton !== null
  }

  /** Sends requests, and returns the result of the first. */
  async send(requests: object[]): Promise<SentResult & SentBatch> {
    const response = await fetch(new URL("v2/pipeline", this.#base), {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
      },
      body: JSON.stringify({ ...(this.#baton === null ? {} : { baton: this.#baton }), requests }),
    })
    if (!response.ok) throw new LibsqlError(await refusalOf(response))
    const answer = (await response.json()) as {
      baton?: string | null
      base_url?: string | null
      results: Answer[]
    }
    this.#baton = answer.baton ?? null
    this.#base = answer.base_url ?? this.#base
    const [first] = answer.results
    if (first?.type === "ok") return first.response.result
    throw new LibsqlError(first?.error ?? { message: "the server gave no result", code: "HRANA_PROTO_ERROR" })
  }
}

/** What a server says that answers with an error of HTTP. */
async function refusalOf(response: Response): Promise<SentError> {
  const type = response.headers.get("content-type") ?? "text/plain"
  const message = `Server returned HTTP status ${response.status}`
  const text = (await response.text()).trim()
  if (type === "application/json") {
    const body = JSON.parse(text) as Partial<SentError>
    if (body.message !== undefined) return { message: body.message, code: body.code ?? null }
  }
  return { message: type === "text/plain" && text ? `${message}: ${text}` : message, code: "SERVER_ERROR" }
}

/** The results of the statements of a batch, which follow its BEGIN. */
function resultsOf({ step_results, step_errors }: SentBatch, begin: number, count: number): Result[] {
  const refused = step_errors[begin]
  if (refused) throw new LibsqlError(refused)
  return Array.from({ length: count }, (_, i) => {
    const error = step_errors[begin + 1 + i]
    if (error) throw new LibsqlError(error, i)
    const result = step_results[begin + 1 + i]
    if (result) return resultOf(result)
    const message = "a statement was not executed, probably because its transaction was rolled back"
    throw new LibsqlError({ message, code: "TRANSACTION_CLOSED" }, i)
  })
}

const resultOf = ({ cols, rows }: SentResult): Result => ({
  columns: cols.map(({ name }) => name ?? ""),
  rows: rows.map((row) => row.map(received)),
})

const queryOf = (statement: string | Statement) =>
  typeof statement === "string"
    ? { sql: statement, want_rows: true }
    : { sql: statement.sql, args: statement.args.map(sendable), want_rows: true }

function sendable(value: Value): Sent {
  if (value === null) return { type: "null" }
  switch (typeof value) {
    case "string":
      return { type: "text", value }
    case "boolean":
      return { type: "integer", value: value ? "1" : "0" }
    case "bigint":
      if (BigInt.asIntN(64, value) !== value)
        throw new RangeError("This bigint value is too large to be represented as a 64-bit integer")
      return { type: "integer", value: `${value}` }
    case "number":
      if (!Number.isFinite(value)) throw new RangeError("Only finite numbers can be passed as arguments")
      return { type: "float", value }
  }
  const bytes = value instanceof Uint8Array ? value : new Uint8Array(value)
  return {
    type: "blob",
    base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64"),
  }
}

function received({ type, value, base64 }: Sent): Value {
  if (type === "null") return null
  if (type === "blob") return new Uint8Array(Buffer.from(base64 ?? "", "base64")).buffer
  if (type !== "integer") return value as string | number
  const number = Number(value)
  if (Number.isSafeInteger(number)) return number
  throw new RangeError("Received integer which is too large to be safely represented as a JavaScript number")
}

/** Where the server is, and the token for it, which its URL may hold. */
function targetOf({ url, authToken }: { url: string; authToken?: string }) {
  const { protocol, host, pathname, searchParams } = new URL(url)
  const scheme = protocol === "libsql:" ? (searchParams.get("tls") === "0" ? "http:" : "https:") : protocol
  return { base: `${scheme}//${host}${pathname}`, token: searchParams.get("authToken") ?? authToken }
}
