import { createHash } from "node:crypto"
import { createReadStream, openSync, readSync, statSync } from "node:fs"
import { basename } from "node:path"
import { createInterface } from "node:readline"
import { CsvError, parse } from "csv-parse"

export type Format = "csv" | "ndjson"

/** One record of a file: where it begins, and its members as text (CSV) or as JSON; or why it cannot be read. */
export interface SourceRecord {
  line: number
  raw: unknown
  row?: Record<string, unknown>
  problem?: string
}

/** A file to import. */
export interface Source {
  path: string
  format: Format
  bytes: number
  /** Tells this file from others, whatever it is called. */
  identity: string
}

/** Longest record, in characters. */
const longest = 2_000_000

/** Throws one line that names the file where it is missing or no file. */
export function openSource(path: string, format: string | undefined): Source {
  const kind = format ?? (/\.csv$/i.test(path) ? "csv" : "ndjson")
  if (kind !== "csv" && kind !== "ndjson") throw new Error(`--format ${kind}: must be csv or ndjson`)
  let bytes: number
  try {
    const stat = statSync(path)
    if (!stat.isFile()) throw new Error("it is no file")
    bytes = stat.size
  } catch (error) {
    throw new Error(`${path} cannot be read: ${(error as Error).message}`)
  }
  return { path, format: kind, bytes, identity: identityOf(path, bytes) }
}

/** The file's size, beginning and end: enough to know it again, and quick for a large one. */
function identityOf(path: string, bytes: number): string {
  const file = openSync(path, "r")
  const hash = createHash("sha256").update(String(bytes))
  const part = Buffer.alloc(65_536)
  for (const at of [0, Math.max(0, bytes - part.length)])
    hash.update(part.subarray(0, readSync(file, part, 0, part.length, at)))
  return hash.digest("hex").slice(0, 32)
}

/**
 * The records of a file, read as they are needed. `onBytes` hears how far it has been read. Throws one line,
 * with the line number, where the file cannot be read on.
 */
export async function* readSource(
  source: Source,
  onBytes: (read: number) => void,
): AsyncGenerator<SourceRecord> {
  const stream = createReadStream(source.path)
  stream.on("data", () => onBytes(stream.bytesRead))
  if (source.format === "ndjson") {
    yield* readLines(stream)
    return
  }
  const parser = parse({
    bom: true,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: longest,
  })
  stream.once("error", (error) => parser.destroy(error))
  try {
    yield* readCsv(stream.pipe(parser))
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    throw new Error(`${basename(source.path)} is no CSV from line ${parser.info.lines} on: ${error.message}`)
  } finally {
    stream.destroy()
  }
}

async function* readLines(stream: ReturnType<typeof createReadStream>): AsyncGenerator<SourceRecord> {
  let line = 0
  for await (const text of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    line += 1
    if (text.trim() === "") continue
    try {
      const row: unknown = JSON.parse(line === 1 ? text.replace(/^\uFEFF/, "") : text)
      const isObject = typeof row === "object" && row !== null && !Array.isArray(row)
      yield isObject
        ? { line, raw: row, row: row as Record<string, unknown> }
        : { line, raw: row, problem: "is no JSON object" }
    } catch (error) {
      yield {
        line,
        raw: text.slice(0, 1000),
        problem: `is not JSON: ${(error as Error).message.slice(0, 120)}`,
      }
    }
  }
}

async function* readCsv(parser: ReturnType<typeof parse>): AsyncGenerator<SourceRecord> {
  let header: string[] | undefined
  let line = 1
  for await (const { record, info } of parser as AsyncIterable<{
    record: string[]
    info: { lines: number }
  }>) {
    if (!header) header = record.map((name) => name.trim())
    else if (record.length !== header.length)
      yield { line, raw: record, problem: `has ${record.length} values, and the header ${header.length}` }
    else yield { line, raw: record, row: Object.fromEntries(header.map((name, i) => [name, record[i]])) }
    // A record ends where the next begins.
    line = info.lines + 1
  }
}
