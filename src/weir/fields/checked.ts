import type { z } from "@hono/zod-openapi"
import { Invalid } from "./type.ts"

/** The code of zod for a check that is none of its own. */
const custom = "custom"

/** A schema whose values a function reads into their one spelling, or refuses with a code for a program. */
export const readBy = <V>(schema: z.ZodType<V>, read: (value: V) => V | Invalid): z.ZodType<V> =>
  schema
    .superRefine((value, context) => {
      const made = read(value)
      if (made instanceof Invalid)
        context.addIssue({ code: custom, message: made.message, params: { code: made.code } })
    })
    .overwrite((value) => {
      const made = read(value)
      return made instanceof Invalid ? value : made
    })
