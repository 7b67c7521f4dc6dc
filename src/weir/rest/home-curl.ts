import type { Accounts } from "../resource/accounts.ts"
import type { Resource } from "../resource/resource.ts"
import { isOpen } from "../resource/rules.ts"
import { createExample } from "./openapi-writes.ts"

/** A text as one word of a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

const json = `-H 'content-type: application/json'`
const auth = `-H "authorization: Bearer $TOKEN"`

const createLine = (resource: Resource, header: string): string =>
  `curl "$URL/${resource.name}" ${header}${json} -d ${quoted(JSON.stringify(createExample(resource)))}`

interface Served {
  accounts: Accounts | undefined
  resources: readonly Resource[]
}

/** Commands that sign up, sign in and call, where the API's rules let a new user do so. */
export function curlLines({ accounts, resources }: Served): string[] {
  const others = resources.filter((resource) => resource !== accounts?.resource)
  const open = others.find(({ rules }) => isOpen(rules.read, "anonymous"))
  const reading = open ? ["", "# Read", `curl "$URL/${open.name}?limit=5"`] : []
  if (!accounts) return reading
  const { resource, login } = accounts
  const signUp = isOpen(resource.rules.create, "anonymous") ? ["", "# Sign up", createLine(resource, "")] : []
  const sample = createExample(resource)
  const name = String(sample[login[0]?.name ?? ""] ?? "name")
  const secret = String(sample[accounts.password.secret?.as ?? ""] ?? "password")
  const form = [`username=${name}`, `password=${secret}`].map((pair) => `--data-urlencode ${quoted(pair)}`)
  const token = `TOKEN=$(curl -s "$URL/auth/token" ${form.join(" ")} | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')`
  const self = isOpen(resource.rules.read, "user") ? [`curl "$URL/${resource.name}/me" ${auth}`] : []
  const own = others.find(({ rules }) => isOpen(rules.create, "user"))
  return [
    ...signUp,
    ...["", "# Sign in", token, ...self],
    ...(own ? ["", "# Create", createLine(own, `${auth} `)] : []),
    ...reading,
  ]
}
