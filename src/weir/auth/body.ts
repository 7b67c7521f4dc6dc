import { readJson } from "../http/body.ts"
import type { AppContext } from "../http/context.ts"
import { requireStorable } from "../http/route.ts"
import type * as z from "../lib/zod.ts"
import { issuesOf } from "../lib/zod-issues.ts"
import { invalid } from "../problem.ts"

/** A body of JSON by a schema. Throws a 422 that names every wrong member. */
export async function readBody<T extends z.ZodType>(c: AppContext, schema: T): Promise<z.infer<T>> {
  const body = await readJson(c)
  requireStorable(body)
  const parsed = schema.safeParse(body)
  if (!parsed.success) throw invalid("The body is not valid", issuesOf(parsed.error))
  return parsed.data
}

/** A body as the document has it. */
export const bodyOf = (schema: z.ZodType) => ({
  body: { required: true, content: { "application/json": { schema } } },
})
