import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { describe, expect, test } from "vitest"

const root = join(import.meta.dirname, "../..")
const engine = join(root, "src/weir")

/**
 * What each room of the engine may import, types included: a room's own files, and those that its row names, by a
 * room or by a part of one. A file at the top of the engine is a room of its own.
 */
const rooms: Record<string, string[]> = {
  lib: [],
  problem: [],
  "problem-texts": ["problem"],
  db: ["lib"],
  fields: ["db/dialect", "lib"],
  cache: ["db", "lib"],
  resource: ["fields", "db/dialect", "db/handle", "lib"],
  query: ["resource", "fields", "problem", "lib"],
  sql: ["query", "resource", "fields", "db/dialect", "lib"],
  operations: ["sql", "query", "documents", "resource", "cache", "db", "problem", "lib"],
  limits: ["operations/call", "cache", "problem", "lib"],
  mail: ["lib"],
  http: [
    "limits",
    "operations/call",
    "operations/access",
    "resource/rules",
    "resource/viewer",
    "db",
    "cache",
    "problem",
    "lib",
  ],
  rest: ["http", "operations", "query", "documents", "resource", "fields", "problem", "lib"],
  auth: ["http", "operations", "sql", "resource", "fields", "query", "db", "cache", "mail", "problem", "lib"],
  api: ["documents", "resource", "http/route", "mail/message", "mail/links"],
  app: ["api", "rest", "auth", "http", "db", "cache"],
  runtime: ["app", "api", "auth", "http", "limits", "mail", "resource", "cache", "db", "problem", "lib"],
  cli: [
    "runtime",
    "api",
    "sql",
    "operations",
    "query",
    "documents",
    "resource",
    "fields",
    "cache",
    "db",
    "problem",
    "lib",
  ],
  index: [
    "api",
    "auth/password",
    "db/handle",
    "http/context",
    "http/route",
    "mail/message",
    "resource",
    "problem",
  ],
  documents: ["resource", "fields", "db/dialect", "lib"],
  passkeys: ["auth", "resource"],
  schema: ["documents", "db/dialect"],
}

/** Packages that belong to some rooms only: names of HTTP, of runtimes and of dialects. */
const packages: [RegExp, string[]][] = [
  [/^hono($|\/)/, ["http", "rest", "auth", "app", "runtime"]],
  [/^(cloudflare:|@hono\/node-server|sonic-boom|prom-client|node:http$|node:net$)/, ["runtime"]],
  [/^node:(fs|child_process|module|os)$/, ["runtime", "cli", "db/drivers", "db/migrations"]],
  [/^(drizzle-orm\/(sqlite|pg|libsql|d1|postgres)|libsql$|@libsql\/|postgres$)/, ["db"]],
  [/^(commander|cli-progress|csv-|drizzle-kit)/, ["cli"]],
  [/^@upstash\//, ["cache", "limits"]],
  [/^nodemailer$/, ["mail"]],
  [/^@simplewebauthn\//, ["auth/webauthn.ts"]],
]

/** The doors of the engine: what a team's own files may import of it. */
const doors = ["#weir", "#weir/schema", "#weir/passkeys", "#weir/node", "#weir/worker", "#weir/cli"]

interface Import {
  /** The file, and what it imports: a path below the engine without its ending, or a package. */
  from: string
  to: string
}

const statement =
  /(?:^|\n)\s*(?:import|export)\b[^"'\n]*(?:\n[^"'\n]*)*?\bfrom\s+"([^"]+)"|\bimport\s*\(?\s*"([^"]+)"/g

function importsOf(folder: string): Import[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(ts|js)$/.test(file) && !file.endsWith(".d.ts"))
    .flatMap((file) =>
      specifiers(readFileSync(join(folder, file), "utf8")).map((specifier) => ({
        from: file.replaceAll("\\", "/"),
        to: specifier.startsWith(".") ? resolved(join(folder, file), specifier) : specifier,
      })),
    )
}

const specifiers = (text: string): string[] =>
  [...text.matchAll(statement)].map(([, from, called]) => (from ?? called) as string)

/** A path below the engine, without its ending; one above it begins with `..`. */
const resolved = (file: string, specifier: string): string =>
  relative(engine, join(dirname(file), specifier))
    .replaceAll("\\", "/")
    .replace(/\.(ts|js)$/, "")

const roomOf = (path: string): string => (path.split("/")[0] as string).replace(/\.(ts|js)$/, "")
const within = (path: string, place: string): boolean => path === place || path.startsWith(`${place}/`)

/** What is wrong with an import of the engine; undefined where nothing is. */
function fault({ from, to }: Import): string | undefined {
  const room = roomOf(from)
  if (to.startsWith("..")) return `${from} imports ${to}, which is above the engine`
  if (to.startsWith("#")) return `${from} imports ${to}: inside the engine, by path`
  const isPackage = !to.includes("/") ? !(to in rooms) : !(roomOf(to) in rooms)
  if (isPackage) {
    const owners = packages.find(([name]) => name.test(to))?.[1]
    return owners && !owners.some((owner) => within(from, owner) || room === owner)
      ? `${from} imports ${to}, which belongs to ${owners.join(", ")}`
      : undefined
  }
  const allowed = rooms[room]
  if (!allowed) return `${from}: there is no such room`
  if (room === roomOf(to) || allowed.some((place) => within(to, place))) return undefined
  return `${from} imports ${to}; ${room} may import ${allowed.join(", ") || "nothing"}`
}

describe("the engine", () => {
  const imports = importsOf(engine)

  test("is read whole", () => {
    expect(imports.length).toBeGreaterThan(400)
    const entries = readdirSync(engine).filter((name) => name !== "package.json")
    expect(new Set(entries.map(roomOf))).toEqual(new Set(Object.keys(rooms)))
  })

  test("lists each file that is imported for what it does alone, which bundlers would leave out", () => {
    const { sideEffects } = JSON.parse(readFileSync(join(engine, "package.json"), "utf8")) as {
      sideEffects: string[]
    }
    const bare = readdirSync(engine, { recursive: true, encoding: "utf8" })
      .filter((file) => /\.(ts|js)$/.test(file))
      .flatMap((file) =>
        [...readFileSync(join(engine, file), "utf8").matchAll(/^import "(\.[^"]+)"/gm)].map(
          ([, to]) => `./${relative(engine, join(dirname(join(engine, file)), to as string))}`,
        ),
      )
    expect(new Set(bare)).toEqual(new Set(sideEffects))
  })

  test("holds one idea a file: none is over 250 lines", () => {
    const long = readdirSync(engine, { recursive: true, encoding: "utf8" })
      .filter((file) => /\.(ts|js)$/.test(file))
      .filter((file) => readFileSync(join(engine, file), "utf8").trimEnd().split("\n").length > 250)
    expect(long).toEqual([])
  })

  test("imports what its table allows, and nothing of the domain", () => {
    expect(imports.map(fault).filter(Boolean)).toEqual([])
  })

  test("loads what is for Node alone from Node's server: SMTP", () => {
    const loading = imports.filter(({ to }) => to === "mail/smtp").map(({ from }) => from)
    expect(loading.filter((from) => from !== "runtime/server.ts")).toEqual([])
  })

  test("loads what is for passkeys from their own door alone: who does not import it has none of it", () => {
    const own =
      /^(passkeys|auth\/(passkeys|passkey-(challenge|grant|required|response|routes|rows|site)|webauthn))$/
    const loading = imports.filter(({ from, to }) => own.test(to) && !own.test(from.replace(/\.ts$/, "")))
    expect(loading).toEqual([])
    expect(imports.filter(({ to }) => own.test(to)).length).toBeGreaterThan(10)
  })

  test("names Hono's context in http, rest and auth only", () => {
    const naming = readdirSync(engine, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .filter((file) => /\b(AppContext|Context<)/.test(readFileSync(join(engine, file), "utf8")))
    expect(new Set(naming.map(roomOf))).toEqual(new Set(["http", "rest", "auth", "app"]))
  })

  test.each<[string, Import]>([
    ["query may not know http", { from: "query/parse.ts", to: "http/reply" }],
    ["nothing may know the domain", { from: "operations/list.ts", to: "../resources" }],
    ["operations may not name Hono", { from: "operations/list.ts", to: "hono" }],
    ["nor one of its parts", { from: "operations/list.ts", to: "hono/http-exception" }],
    ["http may know a call, but no operation", { from: "http/reply.ts", to: "operations/list" }],
    ["a room that is not in the table", { from: "elsewhere/x.ts", to: "lib/memo" }],
    ["the engine goes by path, not by its own door", { from: "rest/routes.ts", to: "#weir" }],
    ["sql may know the dialect, but no driver", { from: "sql/plan.ts", to: "db/drivers/d1" }],
  ])("would be told that %s", (_, wrong) => {
    expect(fault(wrong)).toMatch(wrong.from)
  })
})

describe("the team's files", () => {
  test("know the engine by its doors alone", () => {
    const above = importsOf(join(root, "src")).filter(({ from }) => !from.startsWith("weir/"))
    expect(above.length).toBeGreaterThan(8)
    const passed = above.filter(
      ({ to }) => !to.startsWith("..") && !to.startsWith("#") && roomOf(to) in rooms,
    )
    expect(passed.filter(({ to }) => to.includes("/") || to === "app")).toEqual([])
    for (const { from, to } of above) if (to.startsWith("#")) expect(doors, from).toContain(to)
  })
})
