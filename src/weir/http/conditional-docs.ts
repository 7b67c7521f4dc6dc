import { z } from "@hono/zod-openapi"

const text = (description: string) => ({ description, schema: { type: "string" as const } })

/** The headers of a read that the document describes. */
export const validators = {
  ETag: text("What If-None-Match is to hold"),
  "Cache-Control": text("`no-cache`, and `private` with a token"),
  "Cache-Status": text("Whether it came from the cache (RFC 9211)"),
  Vary: text("What else the answer depends on"),
}

/** The answer to a client that has it already. */
export const unchanged = {
  304: { description: "As the client has it: If-None-Match holds its ETag", headers: validators },
}

/** What a client says of caches. */
export const conditional = z.object({
  "If-None-Match": z.string().optional().openapi({ description: "ETags of what the client has" }),
  "Cache-Control": z.string().optional().openapi({ description: "`no-cache` to have it read anew" }),
})
