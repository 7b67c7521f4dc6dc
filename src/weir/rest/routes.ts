import type { Registry } from "../http/registry.ts"
import type { Relation, Resource } from "../resource/resource.ts"
import { nobody } from "../resource/rules.ts"
import { createRows, readList, readOne, removeOne, updateOne } from "./handlers.ts"
import { createDoc, deleteDoc, listDoc, readCurrentDoc, readDoc, updateDoc } from "./openapi.ts"

/** The routes of a resource, and those of the lists it has: an action that is closed to all has no route. */
export function resourceRoutes(registry: Registry, resource: Resource): void {
  const { rules, name } = resource
  const all = `/${name}`
  const one = `/${name}/{id}`
  if (rules.read !== nobody) {
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
  if (rules.create !== nobody) {
    const options = { takesRecalled: true }
    registry.add(
      "post",
      all,
      () => createDoc(resource),
      (c) => createRows(c, resource),
      options,
    )
  }
  if (rules.update !== nobody)
    registry.add(
      "patch",
      one,
      () => updateDoc(resource),
      (c) => updateOne(c, resource),
    )
  if (rules.delete !== nobody)
    registry.add(
      "delete",
      one,
      () => deleteDoc(resource),
      (c) => removeOne(c, resource),
    )
  for (const relation of Object.values(resource.relations)) nestedRoutes(registry, resource, relation)
}

/** The routes of the rows that refer to one row. */
function nestedRoutes(registry: Registry, within: Resource, relation: Relation): void {
  const { target, kind, local, name } = relation
  if (kind !== "many" || local !== within.key) return
  const path = `/${within.name}/{id}/${name}`
  const parent = { relation, within }
  if (target.rules.read !== nobody)
    registry.add(
      "get",
      path,
      () => listDoc(target, parent),
      (c) => readList(c, target, parent),
    )
  if (target.rules.create !== nobody) {
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
