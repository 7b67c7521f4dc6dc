import type { Json } from "../http/components.ts"
import { maxSearchLength, maxTerms, rankName } from "../query/search.ts"
import type { Resource } from "../resource/resource.ts"
import { inQuery } from "./openapi-parts.ts"

/** The parameters of a search, by their names, for a resource that has one. */
export function searchParams({ search }: Resource): Json[] {
  if (!search) return []
  const fields = search.parts.map(({ name }) => name).join(", ")
  const stemmed = search.index.language
    ? `; on Postgres, their endings do not count (${search.index.language})`
    : ""
  return [
    inQuery(
      "q",
      `Words that must be in ${fields}, whatever their case and diacritics${stemmed}. \`-word\` must not be there, \`"a b"\` is a phrase, \`word*\` a beginning; at most ${maxTerms} terms. The most relevant rows come first, unless \`sort\` says otherwise: \`-${rankName}\` names that order`,
      { type: "string", minLength: 1, maxLength: maxSearchLength, examples: ["lamp"] },
    ),
    inQuery("highlight", "With `q`: whether each row shows where it matched, in `_highlight`", {
      type: "string",
      enum: ["true", "false"],
    }),
  ]
}

/** The member of a row that shows where a search matched, by the names of the fields that did. */
export function highlightSchema({ search }: Resource): Json | undefined {
  if (!search) return undefined
  const html = { type: "string", description: "HTML, with `<mark>` around what matched" }
  return {
    type: "object",
    description: "Where the row matches `q`; with `highlight=true`",
    properties: Object.fromEntries(search.parts.map(({ name }) => [name, html])),
  }
}
