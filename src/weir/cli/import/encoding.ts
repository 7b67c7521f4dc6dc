import { isUtf8 } from "node:buffer"
import { notUtf8At } from "../../lib/utf8.ts"

/** Most bytes of a character that the end of a chunk may cut off. */
const maxCut = 3

/** Checks a file's bytes, chunk by chunk. Throws one line with the line and the byte where they are not UTF-8. */
export class Utf8Check {
  private readonly name: string
  private line = 1
  private rest: Buffer = Buffer.alloc(0)

  constructor(name: string) {
    this.name = name
  }

  /** Takes the next bytes; none at the end of the file. */
  take(chunk: Buffer): void {
    const isEnd = chunk.length === 0
    const bytes = this.rest.length ? Buffer.concat([this.rest, chunk]) : chunk
    let at = bytes.length
    if (!isUtf8(bytes)) {
      at = notUtf8At(bytes)
      if (isEnd || at < bytes.length - maxCut) this.refuse(bytes, at)
    }
    this.line += lineFeeds(bytes, at)
    this.rest = Buffer.from(bytes.subarray(at))
  }

  private refuse(bytes: Buffer, at: number): never {
    const line = this.line + lineFeeds(bytes, at)
    const byte = bytes.toString("hex", at, at + 1).toUpperCase()
    throw new Error(`${this.name} is not UTF-8: line ${line} has the byte ${byte}. Nothing was imported`)
  }
}

function lineFeeds(bytes: Buffer, end: number): number {
  let count = 0
  for (let at = bytes.indexOf(10); at >= 0 && at < end; at = bytes.indexOf(10, at + 1)) count++
  return count
}
