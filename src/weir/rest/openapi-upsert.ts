import type { Json, Reference } from "../http/components.ts"
import { headerReferences, rowValidator } from "../http/conditional-docs.ts"
import type { Resource } from "../resource/resource.ts"
import { upsertKeys } from "../resource/upsert.ts"
import { answerParams, writtenRow } from "./openapi-answers.ts"
import { type Documents, inQuery, jsonOf } from "./openapi-parts.ts"
import { createdName, resolutions } from "./upsert.ts"

/** The parameters of a create, with those of an upsert where rows have keys for it. */
export function createParams(d: Documents, resource: Resource): Reference[] {
  const keys = upsertKeys(resource).map((key) => key.join())
  const params = answerParams(d, resource, keys.length ? [createdName] : [])
  if (keys.length === 0) return params
  const named = (name: string, description: string, values: readonly string[]): Reference =>
    d.components.named("parameters", `${resource.typeName}.${name}`, () =>
      inQuery(name, description, { type: "string", enum: values, example: values[0] }),
    )
  return [
    named("on_conflict", "The unique key by which a row that exists is found, and merged", keys),
    named(
      "resolution",
      "Whether a row that exists is merged, or stays as it is. Default: `merge`, or what `Prefer: resolution=ignore-duplicates` says",
      resolutions,
    ),
    ...params,
  ]
}

/** The answers of an upsert beside those of a create. */
export function upsertAnswers(d: Documents, resource: Resource, many = false): Json {
  if (!resource.options.upsert) return {}
  const row = writtenRow(d, resource)
  return {
    200: {
      description: many
        ? "Written, and some of the rows were there"
        : "The row was there, and is as it is now",
      headers: many ? {} : headerReferences(d.components, rowValidator),
      ...jsonOf(many ? { type: "array", items: row } : row),
    },
    204: { description: "Some row was there; without a body, as asked by `Prefer: return=minimal`" },
  }
}

/** What the summary of a create says of upserts. */
export const upsertText = ({ options, singular }: Resource): string =>
  options.upsert
    ? ` With \`on_conflict\`, it is merged into the ${singular} that has this key, if there is one: what was sent is set in it, as by a PATCH.`
    : ""
