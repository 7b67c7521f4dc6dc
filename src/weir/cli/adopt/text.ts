import type { Account } from "./account.ts"
import type { Block, Found } from "./inspect.ts"

const key = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name))
const text = (value: string): string => JSON.stringify(value)

/** `read: admin` and the others, of one rule. */
const rules = (rule: string): string[] =>
  ["read", "create", "update", "delete"].map((action) => `${action}: ${rule},`)

const secret = ({ password, as }: Account): string[] => [
  "fields: {",
  `  ${key(password)}: {`,
  "    read: nobody,",
  "    secret: {",
  `      as: ${text(as)},`,
  '      confirm: "current_password",',
  "      min: 8,",
  "      max: 200,",
  "      hash: hashPassword,",
  "      verify: verifyPassword,",
  "    },",
  "  },",
  "},",
]

function embeds(names: string[]): string[] {
  if (names.length === 0) return []
  const line = `embed: { ${names.map((name) => `${key(name)}: {}`).join(", ")} },`
  return line.length <= 100 ? [line] : ["embed: {", ...names.map((name) => `  ${key(name)}: {},`), "},"]
}

function block(
  { name, embeds: relations, hidden, hasKey, singular }: Block,
  rule: string,
  account?: Account,
): string[] {
  const own = account?.name === name ? account : undefined
  const closed = hidden.filter((column) => column !== own?.password)
  const lines = [
    ...(hasKey ? [] : [`// It has no key, and so its rows have no /${name}/{key}.`]),
    ...rules(rule),
    ...closed.map((column) => `// ${column} is hidden: fields: { ${key(column)}: { read: … } } shows it.`),
    ...(own ? secret(own) : []),
    ...(singular === undefined ? [] : [`singular: ${text(singular)},`]),
    ...embeds(relations),
  ]
  return [`  ${key(name)}: {`, ...lines.map((line) => `    ${line}`), "  },"]
}

/** The text of `resources.ts`. `from` is the import of the schema. */
export function resourcesText({ blocks, account }: Found, from: string, open: boolean): string {
  const rule = open ? "openToAnyone" : "admin"
  const names = [rule, ...(account ? ["hashPassword", "nobody", "verifyPassword"] : []), "resourcesOf"]
  const what = open
    ? "/** What the API serves, open to anyone: for a trial on one's own machine. Production does not start with it. */"
    : "/** What the API serves: a block per table. All are closed but for admins: open them one by one. */"
  return [
    `import { ${names.sort().join(", ")} } from "#weir"`,
    `import * as schema from ${text(from)}`,
    "",
    what,
    "export const resources = resourcesOf(schema, {",
    ...blocks.flatMap((each) => block(each, rule, account)),
    "})",
    "",
  ].join("\n")
}

function accounts(account: Account | undefined): string[] {
  if (!account) return ["  // Nobody can sign in, and so nobody is an admin.", "  accounts: false,"]
  const { name, login, password, role, admin } = account
  return [
    "  accounts: {",
    `    table: schema.${name},`,
    `    login: [${login.map(text).join(", ")}],`,
    `    password: ${text(password)},`,
    ...(role === undefined ? [] : [`    role: ${text(role)},`]),
    ...(admin === undefined ? [] : [`    admin: ${text(admin)},`]),
    "  },",
  ]
}

/** The text of `api.ts`. */
export const apiText = (
  { account }: Found,
  from: string,
  { title, version, casing }: { title: string; version: string; casing?: string },
): string =>
  [
    'import { defineApi } from "#weir"',
    'import { resources } from "./resources.ts"',
    `import * as schema from ${text(from)}`,
    "",
    "/** What this API is. */",
    "export const api = defineApi({",
    `  title: ${text(title)},`,
    `  version: ${text(version)},`,
    ...accounts(account),
    "  schema,",
    ...(casing === undefined ? [] : [`  casing: ${text(casing)},`]),
    "  resources,",
    "})",
    "",
  ].join("\n")
