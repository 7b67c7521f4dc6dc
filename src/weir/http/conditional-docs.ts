import type { Components, Json, Reference } from "./components.ts"

/** A header that holds text. */
export const text = (description: string) => ({ description, schema: { type: "string" as const } })

/** The headers of a read that the document describes. */
export const validators = {
  ETag: text("Validator of the answer, for If-None-Match"),
  "Cache-Control": text("`no-cache`, and `private` with a token"),
  "Cache-Status": text("How the cache handled the request (RFC 9211)"),
  Vary: text("Request headers that the answer depends on"),
}

/** References to headers of an answer. */
export const headerReferences = (
  components: Components,
  headers: Record<string, Json>,
): Record<string, Reference> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, header]) => [name, components.shareable("headers", header, name)]),
  )

/** The answer to a client that holds it already: it has the headers of the answer itself. */
export const unchanged = (
  components: Components,
  name: string,
  headers: Json,
): Record<string, Reference> => ({
  304: components.named("responses", name, () => ({
    description: "Not modified: If-None-Match holds the ETag",
    headers,
  })),
})

/** The request headers of a read. */
const conditional = {
  "If-None-Match": "ETags of the answers that the client holds",
  "Cache-Control": "`no-cache` to read past the cache",
}

/** The request headers of a write to one row. */
const preconditions = {
  "If-Match": "ETags of the row, one of which it must still have, or `*`",
  "If-Unmodified-Since": "When the row must have been changed last, at the latest",
}

/** The header of an answer that is one row. */
export const rowValidator = { ETag: text("Validator of the row, for If-Match and If-None-Match") }

/** References to the request headers of a write to one row. */
export const preconditionReferences = (components: Components): Reference[] =>
  referencesTo(components, preconditions)

/** References to the request headers of a read. */
export const conditionalReferences = (components: Components): Reference[] =>
  referencesTo(components, conditional)

const referencesTo = (components: Components, headers: Record<string, string>): Reference[] =>
  Object.entries(headers).map(([name, description]) =>
    components.named("parameters", name, () => ({
      name,
      in: "header",
      required: false,
      description,
      schema: { type: "string", description },
    })),
  )
