import { closeSync, existsSync, ftruncateSync, openSync, realpathSync, statSync, writeSync } from "node:fs"
import type { Source, SourceRecord } from "./source.ts"

/** The file of what could not be imported: JSON lines with line number, reason and record. Made by the first of them. */
export class Rejects {
  readonly path: string
  /** Its length, in bytes. */
  bytes: number
  private file: number | undefined

  /** Goes on after the `bytes` that an import which was interrupted had come to. Throws one line where the file is another. */
  constructor(path: string, source: Source, bytes: number) {
    this.path = path
    this.bytes = bytes
    if (existsSync(path) && realpathSync(path) === realpathSync(source.path))
      throw new Error(`--rejects ${path}: is the file that is imported`)
    if (bytes === 0) return
    if (!existsSync(path) || statSync(path).size < bytes)
      throw new Error(
        `${path}, which the import had begun to write, is not there as it was: --rejects for where it is, or --again to start over`,
      )
    this.file = openSync(path, "r+")
    ftruncateSync(this.file, bytes)
  }

  add({ line, raw }: SourceRecord, reason: string): void {
    this.file ??= openSync(this.path, "w")
    const text = Buffer.from(`${JSON.stringify({ line, reason, record: raw })}\n`)
    writeSync(this.file, text, 0, text.length, this.bytes)
    this.bytes += text.length
  }

  close(): void {
    if (this.file !== undefined) closeSync(this.file)
  }
}
