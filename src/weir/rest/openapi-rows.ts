import { z } from "@hono/zod-openapi"
import type { Relation, Resource } from "../resource/resource.ts"
import { isOpenToAll } from "../resource/rules.ts"
import { outputSchema, readable } from "../resource/schemas.ts"

type Shape = Record<string, z.ZodType>

const schemasOf = new WeakMap<Resource, { whole: z.ZodType; part: z.ZodType }>()

/** A row as it is served: whole, or the part of it that `fields` asks for. Fields that not every viewer sees are optional. */
export function rowSchemas(resource: Resource): { whole: z.ZodType; part: z.ZodType } {
  const earlier = schemasOf.get(resource)
  if (earlier) return earlier
  const whole: Shape = {}
  const part: Shape = {}
  const sample: Record<string, unknown> = {}
  for (const field of readable(resource)) {
    const schema = outputSchema(field)
    const shown = isOpenToAll(field.read, "anonymous")
    whole[field.name] = shown && !field.type.heavy ? schema : schema.optional()
    part[field.name] = schema.optional()
    if (shown) sample[field.name] = field.type.example()
  }
  const embeds = Object.fromEntries(
    Object.values(resource.relations).map((relation) => [relation.name, embedSchema(relation)]),
  )
  const name = resource.typeName
  const schemas = {
    whole: z.object({ ...whole, ...embeds }).openapi(name, { example: sample }),
    part: z.object({ ...part, ...embeds }).openapi(`${name}Part`, {
      description: "What `fields` asked for",
      example: Object.fromEntries(Object.entries(sample).slice(0, 2)),
    }),
  }
  schemasOf.set(resource, schemas)
  return schemas
}

/** An embedded row or list. Its fields depend on `include.….fields`, so all are optional. */
function embedSchema(relation: Relation): z.ZodType {
  const shape = Object.fromEntries(readable(relation.target).map((f) => [f.name, outputSchema(f).optional()]))
  const row = z.looseObject(shape)
  return relation.kind === "many" ? z.array(row).optional() : row.nullable().optional()
}
