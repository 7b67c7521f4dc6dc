import { existsSync, readFileSync } from "node:fs"
import { registerHooks } from "node:module"
import { join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import type { Casing } from "../db/dialect/casing.ts"
import type { DialectName } from "../db/dialect/choose.ts"
import type { LedgerPlace } from "../db/migrations/ledger.ts"

/** What Weir reads of drizzle-kit's config. Paths are absolute. */
export interface DrizzleConfig {
  /** The name of its file. */
  file: string
  /** Null for a dialect that Weir does not serve. */
  dialect: DialectName | null
  /** The folder of migrations. */
  out: string
  /** Patterns of the schema's files; none where the config does not say. */
  schema: string[]
  casing: Casing | undefined
  ledger: LedgerPlace
  prefix: Prefix
}

export type Prefix = "index" | "timestamp" | "supabase" | "unix" | "none"

const names = ["drizzle.config.ts", "drizzle.config.js", "drizzle.config.json"]
const dialects: Record<string, DialectName> = {
  postgresql: "postgres",
  sqlite: "sqlite",
  turso: "sqlite",
}

/** What configs import of drizzle-kit: in production it is not installed, and it takes long to load. */
const kit = "data:text/javascript,export const defineConfig = (config) => config"

/**
 * Reads drizzle-kit's config in a project's folder, as it is for a `DATABASE_URL`; undefined where there is none.
 * Throws one line where it cannot be loaded.
 */
export async function readDrizzleConfig(root: string, url: string): Promise<DrizzleConfig | undefined> {
  const file = names.find((name) => existsSync(join(root, name)))
  if (file === undefined) return undefined
  const path = join(root, file)
  const raw = file.endsWith(".json")
    ? (JSON.parse(readFileSync(path, "utf8")) as Raw)
    : await loadConfig(file, path, url)
  const { dialect = "", out = "drizzle", schema = [], casing, migrations, driver } = raw
  return {
    file,
    dialect: dialects[dialect] ?? null,
    out: resolve(root, out),
    schema: [schema].flat().map((pattern) => resolve(root, pattern)),
    casing,
    // D1 is migrated by wrangler, and Expo's by the app: those have no such ledger.
    ledger: driver === undefined ? ledgerOf(migrations) : {},
    prefix: migrations?.prefix ?? "index",
  }
}

interface Raw {
  dialect?: string
  driver?: string
  out?: string
  schema?: string | string[]
  casing?: Casing
  migrations?: { table?: string; schema?: string; prefix?: Prefix }
}

const ledgerOf = ({ table, schema }: NonNullable<Raw["migrations"]> = {}): LedgerPlace => ({
  ...(table === undefined ? {} : { table }),
  ...(schema === undefined ? {} : { schema }),
})

async function loadConfig(file: string, path: string, url: string): Promise<Raw> {
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      specifier === "drizzle-kit"
        ? { url: kit, format: "module", shortCircuit: true }
        : next(specifier, context),
  })
  // A config may read a .env file: its variables are drizzle-kit's, and not the server's.
  const before = { ...process.env }
  process.env.DATABASE_URL = url
  try {
    const module = (await import(pathToFileURL(path).href)) as { default?: Raw }
    return module.default ?? {}
  } catch (error) {
    throw new Error(`${file} cannot be loaded: ${(error as Error).message.split("\n")[0]}`)
  } finally {
    hooks.deregister()
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name]
    Object.assign(process.env, before)
  }
}
