import { throughJunction } from "./junction.ts"
import type { EmbedOptions, JunctionEmbed } from "./resource.ts"
import type { Rule } from "./rules.ts"
import { through as throughRelations } from "./words.ts"

/**
 * With a rule: the rule holds for some row that the path of relations leads to. With a name: an embed of many to many, by
 * the relation to the junction and that from the junction to the rows.
 *
 * @example read: through("project.organization.memberships", viewerIs("userId"))
 * @example embed: { tags: through("taskTags", "tag") }
 */
export function through(path: string, rule: Rule): Rule<never>
export function through(toJunction: string, toTarget: string, options?: EmbedOptions): JunctionEmbed
export function through(
  path: string,
  end: Rule | string,
  options?: EmbedOptions,
): Rule<never> | JunctionEmbed {
  return typeof end === "string" ? throughJunction(path, end, options) : throughRelations(path, end)
}
