/** FNV-1a, 32 bits, over UTF-16 code units, as a signed integer. http://www.isthe.com/chongo/tech/comp/fnv/ */
export function fnv1aBits(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash
}

/** The same in hexadecimal. */
export const fnv1a = (text: string): string => (fnv1aBits(text) >>> 0).toString(16).padStart(8, "0")
