import { Buffer } from "node:buffer"
import xxhash from "xxhash-wasm"
import { nextTurn } from "./pace.ts"

const { create64 } = await xxhash()

/** Characters that are encoded and hashed in one piece: less than a millisecond. */
const pieceLength = 262_144

/**
 * A long text in UTF-8, and the XXH64 of `head` and text, as 16 hex digits. Both are made in pieces between which the
 * event loop goes on, since a text of many megabytes would hold it for tens of milliseconds.
 */
export async function encodeLarge(
  text: string,
  head: string,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; hash: string }> {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text))
  const hash = create64().update(head)
  let written = 0
  for (let start = 0; start < text.length; ) {
    await nextTurn()
    const end = endOfPiece(text, start)
    const length = bytes.write(text.slice(start, end), written)
    hash.update(bytes.subarray(written, written + length))
    written += length
    start = end
  }
  return { bytes, hash: hash.digest().toString(16).padStart(16, "0") }
}

/** A piece ends between two characters, and never within a surrogate pair. */
function endOfPiece(text: string, start: number): number {
  const end = start + pieceLength
  if (end >= text.length) return text.length
  const last = text.charCodeAt(end - 1)
  return last >= 0xd800 && last <= 0xdbff ? end - 1 : end
}
