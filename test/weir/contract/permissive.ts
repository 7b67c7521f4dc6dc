import { type Api, defineApi } from "../../../src/weir/api.ts"
import { uniqueSets } from "../../../src/weir/db/dialect/foreign-keys.ts"
import { resource } from "../../../src/weir/resource/define.ts"
import type { FieldOptions, Resource } from "../../../src/weir/resource/resource.ts"
import { any, anyone, nobody, type Rule, signedIn } from "../../../src/weir/resource/rules.ts"
import { writeRecords } from "../../../src/weir/schema.ts"

/**
 * The same API, in which everybody who can sign in is an admin and may do all that is not closed to everybody; where
 * nobody can, anybody may. What fields, lists and paths do is tried on it, whatever the rules ask of a row; the rules
 * themselves are tried on the API as it is.
 */
export function permissive(api: Api): Api {
  const { title, version, accounts, routes } = api
  const may: Rule = accounts ? signedIn : anyone
  const open = (rule: Rule): Rule => (rule === nobody ? nobody : any(may, rule))
  const opened = (original: Resource): Resource => {
    const { name, table, options, rules } = original
    const fields = Object.entries(options.fields ?? {}).map(([name, given = {}]) => {
      const { read, write = anyone, create = write, update = write, refersTo, ...rest } = given
      const field: FieldOptions = { ...rest }
      if (read) field.read = open(read)
      if (refersTo) field.refersTo = open(refersTo)
      // A role that anybody may set is refused.
      const isRole = table === accounts?.resource.table && name === accounts.role?.name
      field.create = isRole ? create : open(create)
      // What only a create may set is tried in updates as well.
      field.update = isRole ? update : create === nobody ? open(update) : may
      return [name, field]
    })
    return resource(table, {
      ...options,
      name,
      upsert: uniqueKeys(original),
      bulk: isBulk(original),
      fields: Object.fromEntries(fields) as Record<string, FieldOptions>,
      read: open(rules.read),
      create: open(rules.create),
      update: open(rules.update),
      updatedRow: open(rules.updatedRow),
      delete: open(rules.delete),
      ...(options.restore ? { restore: open(rules.restore) } : {}),
    })
  }
  const opening = defineApi({
    title,
    version,
    accounts: accounts
      ? {
          table: accounts.resource.table,
          login: accounts.login.map(({ name }) => name) as [string, ...string[]],
          password: accounts.password.name,
          ...(accounts.role ? { role: accounts.role.name, admin: accounts.admin } : {}),
        }
      : false,
    schema: schemaOf(api),
    ...(api.records ? { records: writeRecords } : {}),
    ...(api.history ? { history: api.history } : {}),
    resources: api.resources.map(opened),
    routes,
  })
  // Without a role, every account has the empty one.
  if (opening.accounts && !accounts?.role) opening.accounts.admin = ""
  return opening
}

/** Whether many rows can be changed at once. */
const isBulk = ({ fields, keys, options }: Resource): boolean =>
  keys.length > 0 && !options.conditional && Object.values(fields).every(({ secret }) => !secret)

/** The unique keys that clients give, where rows may be found by them. */
function uniqueKeys({ table, fields, keys, document, options }: Resource): (readonly string[])[] {
  const all = Object.values(fields)
  if (document || options.conditional || all.some(({ secret }) => secret)) return []
  const sets = uniqueSets(table).map((set) =>
    set.map((column) => all.find((field) => field.column.name === column)?.name ?? ""),
  )
  const may = (name: string) => fields[name]?.write !== undefined && fields[name].read !== nobody
  return [keys, ...sets].filter((key) => key.length > 0 && key.every(may))
}

/** What the modules of an API's resources and its schema export, under names of which none hides another. */
function schemaOf({ schema, resources }: Api): Record<string, unknown> {
  const all: Record<string, unknown> = { ...schema }
  for (const { module } of resources)
    for (const [name, value] of Object.entries(module)) {
      let free = name
      while (Object.hasOwn(all, free) && all[free] !== value) free += "_"
      all[free] = value
    }
  return all
}
