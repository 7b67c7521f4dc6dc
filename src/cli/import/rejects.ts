import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs"
import type { SourceRecord } from "./source.ts"

/** The file of what could not be imported: JSON lines with line number, reason and record. Made by the first of them. */
export class Rejects {
  readonly path: string
  /** Its length, in bytes. */
  bytes: number
  private file: number | undefined

  /** Goes on where an import that was interrupted had come to. */
  constructor(path: string, bytes: number) {
    this.path = path
    this.bytes = bytes
    if (bytes === 0) return
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
