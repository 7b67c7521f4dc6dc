// Zod, with the `.openapi()` of @hono/zod-openapi. Import it as `* as z`: a bundler leaves out what nothing uses of a
// namespace, and nothing of the object `z` that those packages export. A Worker is 10 KiB smaller by it.
import "@hono/zod-openapi"

export * from "zod"
