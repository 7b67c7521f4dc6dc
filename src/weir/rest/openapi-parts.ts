import type { z } from "@hono/zod-openapi"
import { pascal } from "../resource/names.ts"
import type { Resource } from "../resource/resource.ts"
import { isOpen } from "../resource/rules.ts"
import type { Within } from "./handlers.ts"

export const jsonOf = (schema: z.ZodType, example?: unknown) => ({
  content: { "application/json": { schema, ...(example === undefined ? {} : { example }) } },
})

/** Whether an action, on all of these, needs a token, or only shows more with one. */
export const securityOf = (
  resource: Resource,
  action: "read" | "create" | "update" | "delete" | "restore",
  ...others: Resource[]
): "optional" | "required" =>
  [resource, ...others].every(({ rules }) => isOpen(rules[action], "anonymous")) ? "optional" : "required"

/** What the operations on a list of rows are called: those of a resource, or those of one parent. */
export const nestedNames = (resource: Resource, parent?: Within): { operation: string; words: string } =>
  parent
    ? {
        operation: parent.relation.documentName,
        words: ` in the ${parent.relation.name} of one ${parent.within.singular}`,
      }
    : { operation: pascal(resource.name), words: "" }
