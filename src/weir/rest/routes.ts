import type { AppContext } from "../http/context.ts"
import { patchTypes } from "../http/media-types.ts"
import type { Registry } from "../http/registry.ts"
import type { Resource } from "../resource/resource.ts"
import { isOpen, nobody, type Rule } from "../resource/rules.ts"
import { isSoftlyDeleted } from "../resource/soft-delete.ts"
import { isCreatedBelow, isListedBelow } from "./below.ts"
import { bulkRoutes } from "./bulk-routes.ts"
import { removeOne, replaceOne, restoreOne, updateOne } from "./changes.ts"
import { createMany, createRows, readList, readOne, type Within } from "./handlers.ts"
import { readHistory, readOneThen, updateOneThen } from "./history.ts"
import { answeredOnce } from "./idempotency.ts"
import { linkRoutes } from "./junction.ts"
import { deleteDoc } from "./openapi-delete.ts"
import { versionsDoc } from "./openapi-history.ts"
import type { Documented } from "./openapi-parts.ts"
import { currentDoc, listDoc, readDoc } from "./openapi-reads.ts"
import { replaceDoc } from "./openapi-replace.ts"
import { restoreDoc } from "./openapi-restore.ts"
import { createDoc, createManyDoc, updateDoc } from "./openapi-writes.ts"
import { keyTemplate } from "./path-key.ts"

type Handler = (c: AppContext) => Promise<Response> | Response

/** The last segment of a create of many. */
const batch = "batch"

/** What the routes of a resource need to know of the whole API. */
export interface ResourceRoutesOptions {
  /** Whether anybody can sign in. */
  accounts: boolean
  /** Makes the documentation of an operation. */
  documented: Documented
}

/** The path of a row, its handlers but for `batch`, and which actions are served. */
interface RowRoutes {
  one: string
  ofRow: (handler: Handler) => Handler
  served: (rule: Rule) => boolean
}

interface BatchOptions {
  parent?: Within
  within?: string
}

/**
 * The routes of a resource, and those of the lists it has. An action that is closed to everybody has no
 * route; where there are no `accounts`, that is one that the anonymous may not do.
 */
export function resourceRoutes(
  registry: Registry,
  resource: Resource,
  { accounts, documented }: ResourceRoutesOptions,
): void {
  const served = (rule: Rule) => rule !== nobody && (accounts || isOpen(rule, "anonymous"))
  const { rules, name } = resource
  const all = `/${name}`
  const one = `/${name}/${keyTemplate(resource)}`
  const hasKey = resource.keys.length > 0
  // A hand-written route of that path stays what it is.
  const hasBatch = served(rules.create) && !registry.has("post", `${all}/batch`)
  const ofRow =
    (handler: Handler): Handler =>
    (c) =>
      hasBatch && segmentOf(c) === batch ? c.notFound() : handler(c)
  if (served(rules.create)) createRoute(registry, documented, all, resource)
  if (hasBatch) batchRoute(registry, documented, all, resource, hasKey ? { within: one } : {})
  if (served(rules.read)) {
    listRoute(registry, documented, all, resource)
    if (hasKey)
      registry.add(
        "get",
        one,
        documented((d) => readDoc(d, resource)),
        ofRow((c) => (resource.history ? readOneThen : readOne)(c, resource)),
      )
    if (resource.history)
      registry.add(
        "get",
        `${one}/history`,
        documented((d) => versionsDoc(d, resource)),
        (c) => readHistory(c, resource),
      )
  }
  if (resource.options.bulk) bulkRoutes(registry, documented, all, served, resource)
  if (hasKey) writeRoutes(registry, documented, { one, ofRow, served }, resource)
  if (resource.holdsViewers) {
    const own = { get: readDoc, patch: updateDoc, delete: deleteDoc }
    const ruleOf = { get: rules.read, patch: rules.update, delete: rules.delete }
    for (const method of ["get", "patch", "delete"] as const)
      if (served(ruleOf[method]) && !registry.has(method, `/${name}/me`))
        registry.describe(
          method,
          `/${name}/me`,
          documented((d) => currentDoc(d, resource, own[method](d, resource))),
        )
  }
  for (const relation of Object.values(resource.relations))
    nestedRoutes(registry, documented, { relation, within: resource }, served)
}

/** Whether PUT replaces rows. */
const isReplaced = ({ document, options }: Resource): boolean =>
  document !== undefined || options.replace === true

/** The routes of changes to one row. */
function writeRoutes(
  registry: Registry,
  documented: Documented,
  { one, ofRow, served }: RowRoutes,
  resource: Resource,
): void {
  const { rules } = resource
  if (served(rules.update))
    registry.add(
      "patch",
      one,
      documented((d) => updateDoc(d, resource)),
      answeredOnce(ofRow((c) => (resource.history ? updateOneThen : updateOne)(c, resource))),
      { patchTypes },
    )
  if (served(rules.update) && isReplaced(resource))
    registry.add(
      "put",
      one,
      documented((d) => replaceDoc(d, resource)),
      answeredOnce(ofRow((c) => replaceOne(c, resource))),
    )
  if (served(rules.delete))
    registry.add(
      "delete",
      one,
      documented((d) => deleteDoc(d, resource)),
      ofRow((c) => removeOne(c, resource)),
    )
  if (served(rules.restore) && isSoftlyDeleted(resource))
    registry.add(
      "post",
      `${one}/restore`,
      documented((d) => restoreDoc(d, resource)),
      answeredOnce(ofRow((c) => restoreOne(c, resource))),
    )
}

/** A list, by GET and QUERY. */
function listRoute(
  registry: Registry,
  documented: Documented,
  path: string,
  resource: Resource,
  parent?: Within,
): void {
  const handler: Handler = (c) => readList(c, resource, parent)
  registry.add(
    "get",
    path,
    documented((d) => listDoc(d, resource, parent)),
    handler,
  )
  registry.addQuery(path, handler)
}

/** A create at the list's path. */
function createRoute(
  registry: Registry,
  documented: Documented,
  path: string,
  resource: Resource,
  parent?: Within,
): void {
  registry.add(
    "post",
    path,
    documented((d) => createDoc(d, resource, parent)),
    answeredOnce((c) => createRows(c, resource, parent)),
    { takesRecalled: true },
  )
}

/** A create of many, below the list's path. `within` is the path of a row, which matches it, too. */
function batchRoute(
  registry: Registry,
  documented: Documented,
  path: string,
  resource: Resource,
  options: BatchOptions,
): void {
  const { parent, within } = options
  registry.add(
    "post",
    `${path}/${batch}`,
    documented((d) => createManyDoc(d, resource, parent)),
    answeredOnce((c) => {
      if (within && segmentOf(c) !== batch) return c.notFound()
      c.set("route", `${path}/${batch}`)
      return createMany(c, resource, parent)
    }),
    { takesRecalled: true, ...(within ? { within } : {}) },
  )
}

/** The segment after the resource's own: that of a key. */
const segmentOf = (c: AppContext): string | undefined => c.req.path.split("/")[2]

/** The routes of the rows that refer to one row. */
function nestedRoutes(
  registry: Registry,
  documented: Documented,
  parent: Within,
  served: (rule: Rule) => boolean,
): void {
  const { relation, within } = parent
  const { target, name, via } = relation
  if (!isListedBelow(parent)) return
  const path = `/${within.name}/${keyTemplate(within)}/${name}`
  if (served(target.rules.read) && (!via || served(via.toJunction.target.rules.read)))
    listRoute(registry, documented, path, target, parent)
  if (via) linkRoutes(registry, documented, relation, served)
  if (!isCreatedBelow(parent) || !served(target.rules.create)) return
  createRoute(registry, documented, path, target, parent)
  if (!registry.has("post", `${path}/${batch}`)) batchRoute(registry, documented, path, target, { parent })
}
