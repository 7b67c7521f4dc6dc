import { closeSync, existsSync, ftruncateSync, openSync, realpathSync, statSync, writeSync } from "node:fs"
import { jsonWithText } from "../../lib/json-text.ts"
import type { Source, SourceRecord } from "./source.ts"

/** The file of rejected records: JSON lines with line number, reason and record. The first reject creates it. */
export class Rejects {
  readonly path: string
  /** The length of the file, in bytes. */
  bytes: number
  private file: number | undefined

  /**
   * Continues after the first `bytes` of a file that an interrupted import wrote; 0 for a new file. Throws one line
   * where that file is missing or shorter, or where `path` is the file that is imported.
   */
  constructor(path: string, source: Source, bytes: number) {
    this.path = path
    this.bytes = bytes
    if (existsSync(path) && realpathSync(path) === realpathSync(source.path))
      throw new Error(`--rejects ${path}: is the file that is imported`)
    if (bytes === 0) return
    if (!existsSync(path) || statSync(path).size < bytes)
      throw new Error(
        `${path}, which the interrupted import wrote, is missing or shorter than it was: say where it is with --rejects, or add --again to start from the beginning`,
      )
    this.file = openSync(path, "r+")
    ftruncateSync(this.file, bytes)
  }

  add({ line, raw }: SourceRecord, reason: string): void {
    this.file ??= openSync(this.path, "w")
    const text = Buffer.from(`${jsonWithText({ line, reason, record: raw })}\n`)
    writeSync(this.file, text, 0, text.length, this.bytes)
    this.bytes += text.length
  }

  close(): void {
    if (this.file !== undefined) closeSync(this.file)
  }
}
