import { isKey } from "./key.ts"
import type { Relation, Resource } from "./resource.ts"

const creates = new WeakMap<Resource, Record<string, Relation>>()

/** The relations whose rows may be created with a row of the resource, by name. */
export function nestedCreates(resource: Resource): Record<string, Relation> {
  let known = creates.get(resource)
  if (!known) {
    known = Object.fromEntries(Object.entries(resource.relations).filter(([, { create }]) => create))
    creates.set(resource, known)
  }
  return known
}

/** Throws one line that names the first embed with `create` that cannot have it. */
export function checkNestedCreates(resources: readonly Resource[], records: boolean): void {
  for (const resource of resources)
    for (const [name, { kind, via, local }] of Object.entries(nestedCreates(resource))) {
      const refuse = (why: string): never => {
        throw new Error(`${resource.name}: embed "${name}" has create, ${why}`)
      }
      if (kind !== "many" || via || !isKey(resource.keys, local))
        refuse("which is for lists of rows that refer to this one by its key")
      if (!records) refuse("which needs the table of records: defineApi({ records: writeRecords })")
    }
}
