import { collection } from "#weir/schema"
import { users } from "./users.ts"

export const notes = collection("notes", {
  owner: users,
  index: ["color", "size.width"],
  schema: {
    type: "object",
    required: ["text"],
    properties: {
      text: { type: "string", minLength: 1, maxLength: 10_000 },
      color: { type: "string", maxLength: 40, examples: ["red"] },
      size: {
        type: "object",
        properties: { width: { type: "number", minimum: 0 }, height: { type: "number", minimum: 0 } },
      },
      tags: { type: "array", items: { type: "string", maxLength: 40 }, maxItems: 20 },
    },
  },
})
