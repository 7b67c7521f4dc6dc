import type { Routes } from "../http/registry.ts"
import { create, remove, update } from "../operations/create.ts"
import { idOf, readList, readOne } from "../operations/list.ts"
import type { Resource } from "../resource/resource.ts"
import { nobody } from "../resource/rules.ts"
import { createDoc, deleteDoc, listDoc, readDoc, readMeDoc, updateDoc } from "./openapi.ts"

/** The routes of a resource, and those of the lists it has: an action that is closed to all has no route. */
export function resourceRoutes(routes: Routes, resource: Resource): void {
  const { rules, name } = resource
  const one = `/${name}/{id}`
  if (rules.read !== nobody) {
    if (resource.options.viewers) routes.describe("get", `/${name}/me`, () => readMeDoc(resource))
    routes.add(
      "get",
      `/${name}`,
      () => listDoc(resource),
      (c) => readList(c, resource),
    )
    routes.add(
      "get",
      one,
      () => readDoc(resource),
      (c) => readOne(c, resource, idOf(c, resource)),
    )
  }
  if (rules.create !== nobody)
    routes.add(
      "post",
      `/${name}`,
      () => createDoc(resource),
      (c) => create(c, resource),
      { confirmsViewer: true },
    )
  if (rules.update !== nobody)
    routes.add(
      "patch",
      one,
      () => updateDoc(resource),
      (c) => update(c, resource, idOf(c, resource)),
    )
  if (rules.delete !== nobody)
    routes.add(
      "delete",
      one,
      () => deleteDoc(resource),
      (c) => remove(c, resource, idOf(c, resource)),
    )
  for (const relation of Object.values(resource.relations)) {
    const { target } = relation
    if (relation.kind !== "many" || relation.local !== resource.key) continue
    const path = `${one}/${relation.name}`
    const nested = (parentId: number) => ({ relation, within: resource, parentId })
    if (target.rules.read !== nobody)
      routes.add(
        "get",
        path,
        () => listDoc(target, resource, relation),
        (c) => readList(c, target, nested(idOf(c, resource))),
      )
    if (target.rules.create !== nobody)
      routes.add(
        "post",
        path,
        () => createDoc(target, resource, relation),
        (c) => create(c, target, nested(idOf(c, resource))),
        { confirmsViewer: true },
      )
  }
}
