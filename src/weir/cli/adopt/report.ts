import type { Found } from "./inspect.ts"

interface About {
  open: boolean
  /** The paths of the files that were written. */
  files: string[]
  schema: string
  /** Files that the project brought, and that nothing uses any more. */
  unused: string[]
}

/** What adopt prints: what it wrote, hid and left out, and who can enter. */
export function report({ blocks, leftOut, account, noAccount }: Found, about: About): string[] {
  const { open, files, schema, unused } = about
  const hidden = blocks.flatMap(({ name, hidden: columns }) => columns.map((column) => `${name}.${column}`))
  const keyless = blocks.filter(({ hasKey }) => !hasKey).map(({ name }) => name)
  return [
    `${files.join(" and ")}: ${blocks.length} table${blocks.length === 1 ? "" : "s"} of ${schema}, ${open ? "open to anyone" : "closed but for admins"}`,
    ...(hidden.length ? [`hidden, since their names look like secrets: ${hidden.join(", ")}`] : []),
    ...leftOut.map(({ name, why }) => `left out: ${name} (${why})`),
    ...blocks.flatMap(({ notices }) => notices),
    ...keyless.map((name) => `${name} has no key: its rows have no /${name}/{key}`),
    ...(open ? openLines : accountLines(account, noAccount)),
    ...(unused.length
      ? [
          `no longer used, and to be deleted: ${unused.join(", ")}${unused.includes("src/seed.ts") ? ", with the line of src/cli.ts that names it" : ""}`,
        ]
      : []),
  ]
}

const openLines = [
  "Everyone who reaches the server reads, writes and deletes every row: production (NODE_ENV=production, and Workers) does not start with these rules",
]

function accountLines(account: Found["account"], why: string | undefined): string[] {
  if (!account)
    return [
      why === undefined
        ? "accounts: there is no table with a unique email or username and a password, so that nobody can sign in, and all tables are closed to everyone: write accounts into api.ts, or other rules"
        : `accounts: none, since ${why}; nobody can sign in, and all tables are closed to everyone`,
    ]
  const { name, login, password, role, admin = "admin" } = account
  return [
    `accounts: ${name}, signing in by ${login.join(" or ")} with ${password}, which is hashed by scrypt: for hashes of another kind, write hash and verify of your own`,
    role === undefined
      ? "accounts: there is no column for the role, so that nobody is an admin, and all tables are closed to everyone: name one, or write other rules"
      : `admins are the rows of ${name} whose ${role} is "${admin}"`,
  ]
}
