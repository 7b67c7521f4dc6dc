/** What a `file:` URL says. */
export interface FileTarget {
  path: string
  /** Whether the file is only read; and whether it must be there already. */
  isReadOnly: boolean
  mustExist: boolean
}

const fileModes = ["rwc", "rw", "ro"]

/** The path and the parameters of a `file:` URL; a `?` without parameters behind it is part of the name. */
function split(url: string): { path: string; query: URLSearchParams } {
  const [, path = "", query = ""] =
    /^file:(?:\/\/(?=\/))?(.*?)(?:\?([a-z_]+=[^&?/]*(?:&[a-z_]+=[^&?/]*)*))?$/is.exec(url) ?? []
  return { path, query: new URLSearchParams(query) }
}

/** Parses a `file:` URL: `file:path`, `file:///path`, with `?mode=ro`, `rw` or `rwc` as SQLite has them. */
export function parseFileUrl(url: string): FileTarget {
  const { path, query } = split(url)
  const mode = query.get("mode") ?? "rwc"
  return { path, isReadOnly: mode === "ro", mustExist: mode !== "rwc" }
}

/** What is wrong with the URL of a file or of a libSQL server, to be read after the setting's name. */
export function sqliteUrlProblem(url: string): string | undefined {
  if (url.startsWith("file:")) {
    const { path, query } = split(url)
    if (path === "") return "names no file"
    return parameterProblem(query, { mode: fileModes, cache: ["private", "shared"] })
  }
  if (!URL.canParse(url) || new URL(url).pathname.includes("@"))
    return "is not a URL; a password with / ? # or @ in it must be percent-encoded"
  if (/^\w+:\/\/[^/?#]*@/.test(url))
    return "must hold no user or password: a libSQL server's token goes into DATABASE_AUTH_TOKEN"
  const { protocol, port, searchParams, hash } = new URL(url)
  if (hash !== "") return "has a fragment, which has no meaning here"
  const tls = protocol === "libsql:" ? ["0", "1"] : /^(http|ws):$/.test(protocol) ? ["0"] : ["1"]
  if (protocol === "libsql:" && searchParams.get("tls") === "0" && port === "")
    return "has tls=0, which needs a port"
  return parameterProblem(searchParams, { tls, authToken: undefined })
}

/** The first parameter that is not taken. `undefined` stands for any value. */
function parameterProblem(
  query: URLSearchParams,
  taken: Record<string, string[] | undefined>,
): string | undefined {
  for (const [name, value] of query) {
    if (!/^\w{1,40}$/.test(name)) return "has a parameter without a name"
    if (!Object.hasOwn(taken, name))
      return `has the parameter ${name}, which Weir does not take; docs/connections.md lists those that it does`
    if (new Set(query.getAll(name)).size > 1) return `has the parameter ${name} twice, with different values`
    const values = taken[name]
    if (values ? !values.includes(value) : value === "")
      return `has ${name}, which ${values ? `must be ${values.join(" or ")}` : "is empty"}`
  }
  return undefined
}
