import { existsSync, globSync, readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { hasPrototype } from "../lib/prototype.ts"

const isSource = (file: string): boolean => /\.[cm]?[jt]s$/.test(file) && !/\.d\.[cm]?ts$/.test(file)
const isTest = (file: string): boolean => /\.(test|spec)\.[cm]?[jt]s$/.test(file)

/** The files of a schema that is a file, or a folder with all that is below it. */
export function filesBelow(path: string): string[] {
  if (!existsSync(path)) throw new Error(`there is no schema at ${path}`)
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((file) => isSource(file) && !isTest(file))
    .map((file) => join(path, file))
    .sort()
}

/** The files of drizzle-kit's patterns; of a folder, those that lie right in it, as drizzle-kit has it. */
export function filesOfPatterns(patterns: string[]): string[] {
  const files = new Set<string>()
  for (const found of patterns.flatMap((pattern) => globSync(pattern)))
    if (!statSync(found).isDirectory()) files.add(found)
    else
      for (const name of readdirSync(found))
        if (!statSync(join(found, name)).isDirectory()) files.add(join(found, name))
  const sources = [...files].filter(isSource).sort()
  if (sources.length === 0) throw new Error(`there are no files of the schema at ${patterns.join(", ")}`)
  return sources
}

/** The exports of files, each value once. A namespace among them is left out: it has no prototype, which drizzle-kit needs. */
export async function readSchema(files: string[]): Promise<Record<string, unknown>> {
  const schema: Record<string, unknown> = {}
  const seen = new Set<unknown>()
  for (const file of files)
    for (const [name, value] of Object.entries(await import(pathToFileURL(file).href))) {
      if (seen.has(value) || (typeof value === "object" && !hasPrototype(value))) continue
      seen.add(value)
      schema[`${file}:${name}`] = value
    }
  return schema
}
