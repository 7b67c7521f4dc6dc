import { seal, unseal } from "./sealed.ts"

/** Encrypts what travels through a browser, for one purpose and for a time. */
export interface Sealer {
  seal(content: object, seconds: number): string
  /** The content; undefined where it was not sealed here for that purpose, or is too old. */
  open(text: string): Record<string, unknown> | undefined
}

/** Seals by a key of its own, so that nothing of the one purpose is ever taken for another. */
export function sealer(secrets: [string, ...string[]], purpose: string): Sealer {
  const context = { purpose, owner: "" }
  return {
    seal: (content, seconds) => {
      const text = JSON.stringify({ content, until: Date.now() + seconds * 1000 })
      return seal(secrets, context, Buffer.from(text))
    },
    open: (text) => {
      const opened = unseal(secrets, context, text)
      if (!opened) return undefined
      const { content, until } = JSON.parse(opened.plain.toString()) as {
        content: Record<string, unknown>
        until: number
      }
      return until > Date.now() ? content : undefined
    },
  }
}
