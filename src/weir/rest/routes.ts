import type { Registry } from "../http/registry.ts"
import type { Relation, Resource } from "../resource/resource.ts"
import { isOpen, nobody, type Rule } from "../resource/rules.ts"
import { createRows, readList, readOne, removeOne, updateOne } from "./handlers.ts"
import { createDoc, deleteDoc, listDoc, readCurrentDoc, readDoc, updateDoc } from "./openapi.ts"

/**
 * The routes of a resource, and those of the lists it has. An action that is closed to everybody has no
 * route; where there are no `accounts`, that is one that the anonymous may not do.
 */
export function resourceRoutes(registry: Registry, resource: Resource, accounts: boolean): void {
  const served = (rule: Rule) => rule !== nobody && (accounts || isOpen(rule, "anonymous"))
  const { rules, name } = resource
  const all = `/${name}`
  const one = `/${name}/{id}`
  if (served(rules.read)) {
    if (resource.holdsViewers) registry.describe("get", `/${name}/me`, () => readCurrentDoc(resource))
    registry.add(
      "get",
      all,
      () => listDoc(resource),
      (c) => readList(c, resource),
    )
    registry.add(
      "get",
      one,
      () => readDoc(resource),
      (c) => readOne(c, resource),
    )
  }
  if (served(rules.create)) {
    const options = { takesRecalled: true }
    registry.add(
      "post",
      all,
      () => createDoc(resource),
      (c) => createRows(c, resource),
      options,
    )
  }
  if (served(rules.update))
    registry.add(
      "patch",
      one,
      () => updateDoc(resource),
      (c) => updateOne(c, resource),
    )
  if (served(rules.delete))
    registry.add(
      "delete",
      one,
      () => deleteDoc(resource),
      (c) => removeOne(c, resource),
    )
  for (const relation of Object.values(resource.relations)) nestedRoutes(registry, resource, relation, served)
}

/** The routes of the rows that refer to one row. */
function nestedRoutes(
  registry: Registry,
  within: Resource,
  relation: Relation,
  served: (rule: Rule) => boolean,
): void {
  const { target, kind, local, name } = relation
  if (kind !== "many" || local !== within.key) return
  const path = `/${within.name}/{id}/${name}`
  const parent = { relation, within }
  if (served(target.rules.read))
    registry.add(
      "get",
      path,
      () => listDoc(target, parent),
      (c) => readList(c, target, parent),
    )
  if (served(target.rules.create)) {
    const options = { takesRecalled: true }
    registry.add(
      "post",
      path,
      () => createDoc(target, parent),
      (c) => createRows(c, target, parent),
      options,
    )
  }
}
