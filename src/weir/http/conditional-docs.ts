import { z } from "@hono/zod-openapi"

/** A header that holds text. */
export const text = (description: string) => ({ description, schema: { type: "string" as const } })

/** The headers of a read that the document describes. */
export const validators = {
  ETag: text("Validator of the answer, for If-None-Match"),
  "Cache-Control": text("`no-cache`, and `private` with a token"),
  "Cache-Status": text("How the cache handled the request (RFC 9211)"),
  Vary: text("Request headers that the answer depends on"),
}

/** The answer to a client that holds it already: it has the headers of the answer itself. */
export const unchanged = <Headers extends object>(headers: Headers) => ({
  304: { description: "Not modified: If-None-Match holds the ETag", headers },
})

/** The request headers of a read. */
export const conditional = z.object({
  "If-None-Match": z
    .string()
    .optional()
    .openapi({ description: "ETags of the answers that the client holds" }),
  "Cache-Control": z.string().optional().openapi({ description: "`no-cache` to read past the cache" }),
})
