import { type Api, defineApi } from "../../../src/weir/api.ts"
import { type Resource, resource } from "../../../src/weir/resource/resource.ts"
import { admin, any, anyone, nobody, type Rule, signedIn } from "../../../src/weir/resource/rules.ts"
import { topKind } from "./world.ts"

const everything: Record<ReturnType<typeof topKind>, Rule> = { admin, user: signedIn, anonymous: anyone }

/**
 * The same API, in which whoever may do most may do all that is not closed to everybody. What fields, lists and
 * paths do is tried on it, whatever the rules ask of a row; the rules themselves are tried on the API as it is.
 */
export function permissive(api: Api): Api {
  const may = everything[topKind(api)]
  const open = (rule: Rule): Rule => (rule === nobody ? nobody : any(may, rule))
  const opened = ({ module, options, rules }: Resource): Resource =>
    resource(module, {
      ...options,
      read: open(rules.read),
      create: open(rules.create),
      update: open(rules.update),
      delete: open(rules.delete),
    })
  const { title, version, accounts, routes } = api
  return defineApi({
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
    resources: api.resources.map(opened),
    routes,
  })
}
