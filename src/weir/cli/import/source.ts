import { createHash } from "node:crypto"
import { closeSync, createReadStream, openSync, readSync, statSync } from "node:fs"
import { basename } from "node:path"
import { Readable } from "node:stream"
import { CsvError, parse } from "csv-parse"
import { keepText } from "../../lib/json-text.ts"
import { maxSingleRowBytes } from "../../operations/list.ts"
import { Utf8Check } from "./encoding.ts"

export type Format = "csv" | "ndjson"

/** One record of a file. */
export interface SourceRecord {
  /** The number of its first line. */
  line: number
  /** Its length in characters, about. */
  length: number
  /** The record as read, for the file of rejects. */
  raw: unknown
  /** Its members: JSON values, or text for CSV, with null for an empty cell. Absent where `problem` is set. */
  row?: Record<string, unknown>
  /** Its own text, where it is a document. */
  text?: string
  /** Why the record cannot be read. */
  problem?: string
}

/** A file to import. */
export interface Source {
  path: string
  format: Format
  /** The file's size. */
  bytes: number
  /** A hash of the content, 32 hexadecimal digits: a renamed file is still the same. */
  identity: string
}

/** Which members of a line of JSON are kept as text. */
type Verbatim = ((line: string) => ReadonlySet<string>) | "whole"

/** Longest record, in characters: no row that db:export writes is longer. */
const maxRecordLength = maxSingleRowBytes

/** Opens a file to import. Throws one line that names the file where it is missing, no regular file or not UTF-8. */
export function openSource(path: string, format: string | undefined): Source {
  const kind = format ?? (/\.csv$/i.test(path) ? "csv" : "ndjson")
  if (kind !== "csv" && kind !== "ndjson") throw new Error(`--format ${kind}: must be csv or ndjson`)
  let bytes: number
  let file: number
  try {
    const stat = statSync(path)
    if (!stat.isFile()) throw new Error("it is no file")
    bytes = stat.size
    file = openSync(path, "r")
  } catch (error) {
    throw new Error(`${path} cannot be read: ${(error as Error).message}`)
  }
  return { path, format: kind, bytes, identity: identityOf(file, new Utf8Check(basename(path))) }
}

/** The hash of a file, which is checked as a whole before any of it is imported. */
function identityOf(file: number, check: Utf8Check): string {
  const hash = createHash("sha256")
  const part = Buffer.alloc(1_048_576)
  for (let read = 1; read > 0; ) {
    read = readSync(file, part)
    hash.update(part.subarray(0, read))
    check.take(part.subarray(0, read))
  }
  closeSync(file)
  return hash.digest("hex").slice(0, 32)
}

/**
 * Yields the records of a file, and reads the file as they are consumed. Calls `onBytes` with the number of bytes read
 * so far, and `onHeader` with the column names of a CSV. Members of a line that are `verbatim` are `JsonText`; "whole"
 * keeps the text. Throws one line with the line number where the file is not UTF-8 or no CSV.
 */
export async function* readSource(
  source: Source,
  onBytes: (read: number) => void,
  onHeader: (names: string[]) => void,
  verbatim: Verbatim,
): AsyncGenerator<SourceRecord> {
  const text = decoded(source, onBytes)
  if (source.format === "csv") yield* readCsv(source, text, onHeader)
  else yield* readLines(text, verbatim)
}

/** Yields the file's text in chunks. Throws where it is not UTF-8. */
async function* decoded({ path }: Source, onBytes: (read: number) => void): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true })
  const stream = createReadStream(path)
  let line = 1
  const decode = (chunk?: Buffer): string => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined })
    } catch {
      throw new Error(`${basename(path)} is not UTF-8, somewhere from line ${line} on`)
    }
  }
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const text = decode(chunk)
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) line += 1
    onBytes(stream.bytesRead)
    yield text
  }
  yield decode()
}

async function* readLines(text: AsyncGenerator<string>, verbatim: Verbatim): AsyncGenerator<SourceRecord> {
  let line = 0
  // The pieces of the current line so far, and their length. Of a line that is too long, the first piece is kept.
  let pieces: string[] = []
  let length = 0
  const add = (piece: string) => {
    length += piece.length
    if (length <= maxRecordLength || pieces.length === 0) pieces.push(piece)
    else pieces = pieces.slice(0, 1)
  }
  const take = (): SourceRecord | undefined => {
    line += 1
    const record =
      length > maxRecordLength ? overlong(line, pieces[0] ?? "") : readLine(line, pieces.join(""), verbatim)
    pieces = []
    length = 0
    return record
  }
  for await (const chunk of text) {
    const parts = chunk.split("\n")
    const rest = parts.pop() as string
    for (const part of parts) {
      add(part)
      const record = take()
      if (record) yield record
    }
    add(rest)
  }
  const last = take()
  if (last) yield last
}

const overlong = (line: number, text: string): SourceRecord => ({
  line,
  length: 100,
  raw: text.slice(0, 100),
  problem: `is longer than ${maxRecordLength} characters`,
})

function readLine(line: number, text: string, verbatim: Verbatim): SourceRecord | undefined {
  if (text.trim() === "") return undefined
  const { length } = text
  try {
    const row: unknown = JSON.parse(text)
    const isObject = typeof row === "object" && row !== null && !Array.isArray(row)
    if (isObject && verbatim === "whole")
      return { line, length, raw: row, row: row as Record<string, unknown>, text }
    const names = isObject && verbatim !== "whole" ? verbatim(text) : undefined
    if (names?.size) keepText(row, text, names)
    return isObject
      ? { line, length, raw: row, row: row as Record<string, unknown> }
      : { line, length, raw: row, problem: "is no JSON object" }
  } catch (error) {
    return {
      line,
      length: 1000,
      raw: text.slice(0, 1000),
      problem: `is not JSON: ${(error as Error).message.slice(0, 120)}`,
    }
  }
}

async function* readCsv(
  { path }: Source,
  text: AsyncGenerator<string>,
  onHeader: (names: string[]) => void,
): AsyncGenerator<SourceRecord> {
  const parser = parse({
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    // Quotes are doubled in a CSV.
    max_record_size: 2 * maxRecordLength,
    record_delimiter: ["\r\n", "\n"],
    // An unquoted empty cell is null; a quoted one is the empty text.
    cast: (value, { quoting }) => (value === "" && !quoting ? null : value),
  })
  const input = Readable.from(text, { objectMode: false })
  input.once("error", (error) => parser.destroy(error))
  let header: string[] | undefined
  let line = 1
  try {
    for await (const { record, info } of input.pipe(parser) as AsyncIterable<{
      record: (string | null)[]
      info: { lines: number }
    }>) {
      const length = record.reduce((sum, cell) => sum + (cell?.length ?? 0), 0)
      if (!header) {
        header = record.map((name) => (name ?? "").trim())
        onHeader(header)
      } else if (record.length !== header.length)
        yield {
          line,
          length,
          raw: record,
          problem: `has ${record.length} values, and the header ${header.length}`,
        }
      else
        yield {
          line,
          length,
          raw: record,
          row: Object.fromEntries(header.map((name, i) => [name, record[i]])),
        }
      // The next record begins on the line after this one.
      line = info.lines + 1
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    throw new Error(`${basename(path)} is no CSV from line ${line} on: ${error.message}`)
  } finally {
    input.destroy()
  }
}
