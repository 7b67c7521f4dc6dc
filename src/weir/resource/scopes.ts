import { nobody, ofParts, type Rule, sameColumn } from "./rules.ts"
import { partsOf } from "./viewer-kind.ts"

/** What a scope lets be done with the rows of a resource. */
export const scopeActions = ["read", "create", "update", "delete"] as const
export type ScopeAction = (typeof scopeActions)[number]

/** Scopes as they are written: `items:read`, `items:write` for all changes and the reading that they take, `items:*`, `*:read`, `*`. */
export const scopePattern = /^(?:\*|(?:\*|[A-Za-z0-9_.~-]+):(?:read|create|update|delete|write|\*))$/

/** Whether scopes let an action be done; where there are none, anything may be. */
export function allows(
  scopes: readonly string[] | undefined,
  resource: string,
  action: ScopeAction,
): boolean {
  if (!scopes) return true
  // Who changes a row sees it: the answer has it.
  const verbs = action === "read" ? [action, "update", "delete", "write", "*"] : [action, "write", "*"]
  return scopes.some(
    (scope) =>
      scope === "*" || verbs.some((verb) => scope === `${resource}:${verb}` || scope === `*:${verb}`),
  )
}

const narrowed = new WeakMap<Rule, Rule>()

/** A rule of a resource, closed to keys whose scopes do not have the action. */
export function withinScopes(resource: string, action: ScopeAction, rule: Rule): Rule {
  if (rule === nobody) return rule
  const own = sameColumn(
    rule,
    ofParts(
      [rule],
      (row, viewer) =>
        allows(partsOf(viewer.whole ?? viewer.kind).scopes, resource, action) && rule(row, viewer),
    ),
  )
  narrowed.set(own, rule)
  return own
}

/** The rule as the team has written it, whatever the scopes. */
export const unscoped = (rule: Rule): Rule => narrowed.get(rule) ?? rule
