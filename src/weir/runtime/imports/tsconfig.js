import { existsSync, readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, isAbsolute, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { fileAt } from "./bundlers.js"

/**
 * What a tsconfig.json says of names that are no paths. Each is an absolute path in it.
 *
 * @typedef {{ paths?: Record<string, string[]>, baseUrl?: string }} Mapping
 */

const project = fileURLToPath(new URL("../../../../", import.meta.url))
/** By folder: of the tsconfig.json in it or nearest above it. @type {Map<string, Mapping>} */
const mappings = new Map()

/**
 * The file that `paths` or `baseUrl` say an import means: those of the importer's nearest tsconfig.json, else those of
 * the project's.
 *
 * @param {string} specifier
 * @param {string} importer
 * @returns {string | undefined}
 */
export function mapped(specifier, importer) {
  const nearest = mappingOf(dirname(importer))
  const own = mappingOf(project)
  return by(nearest, specifier) ?? (own === nearest ? undefined : by(own, specifier))
}

/**
 * @param {Mapping} mapping
 * @param {string} specifier
 */
function by({ paths, baseUrl }, specifier) {
  const pattern = paths && patternFor(Object.keys(paths), specifier)
  const [start = "", end = ""] = pattern?.split("*") ?? []
  const middle = specifier.slice(start.length, specifier.length - end.length)
  const candidates =
    pattern && paths ? (paths[pattern] ?? []).map((path) => path.replace("*", () => middle)) : []
  if (baseUrl) candidates.push(join(baseUrl, specifier))
  for (const candidate of candidates) {
    const file = fileAt(candidate)
    if (file) return file
  }
  return undefined
}

/**
 * As TypeScript has it: the name itself, or else the pattern with the longest text before its `*`.
 *
 * @param {string[]} patterns
 * @param {string} specifier
 */
function patternFor(patterns, specifier) {
  if (patterns.includes(specifier)) return specifier
  return patterns
    .filter((pattern) => {
      const [start = "", end] = pattern.split("*")
      if (end === undefined || specifier.length < start.length + end.length) return false
      return specifier.startsWith(start) && specifier.endsWith(end)
    })
    .sort((a, b) => b.indexOf("*") - a.indexOf("*"))[0]
}

/**
 * @param {string} folder
 * @returns {Mapping}
 */
function mappingOf(folder) {
  let mapping = mappings.get(folder)
  if (!mapping) {
    const path = join(folder, "tsconfig.json")
    const parent = dirname(folder)
    if (existsSync(path)) mapping = read(path, folder)
    else mapping = parent === folder ? {} : mappingOf(parent)
    mappings.set(folder, mapping)
  }
  return mapping
}

/**
 * A tsconfig.json with those that it extends. What cannot be read says nothing: a production install may lack the
 * package of a config that has no more than the compiler's options.
 *
 * @param {string} path
 * @param {string} configFolder Where the first of them lies: its `${configDir}`.
 * @param {string[]} [within] Those that extend it.
 * @returns {Mapping}
 */
function read(path, configFolder, within = []) {
  if (within.includes(path) || !existsSync(path)) return {}
  /** @type {{ extends?: string | string[], compilerOptions?: Mapping }} */
  let config
  try {
    config = parse(readFileSync(path, "utf8"))
  } catch {
    return {}
  }
  const folder = dirname(path)
  /** @type {Mapping} */
  const mapping = {}
  for (const name of [config.extends ?? []].flat())
    Object.assign(mapping, read(extended(name, folder), configFolder, [...within, path]))
  /** @param {string} text @param {string} from */
  const absolute = (text, from) =>
    resolve(
      from,
      text.replace(/\$\{configDir\}/, () => configFolder),
    )
  const { baseUrl, paths } = config.compilerOptions ?? {}
  if (baseUrl !== undefined) mapping.baseUrl = absolute(baseUrl, folder)
  if (paths) {
    const from = mapping.baseUrl ?? folder
    const entries = Object.entries(paths)
    mapping.paths = Object.fromEntries(
      entries.map(([pattern, targets]) => [pattern, targets.map((target) => absolute(target, from))]),
    )
  }
  return mapping
}

/**
 * @param {string} name
 * @param {string} folder
 */
function extended(name, folder) {
  if (/^\.{1,2}(\/|$)/.test(name) || isAbsolute(name)) {
    const path = resolve(folder, name)
    return existsSync(path) && path.endsWith(".json") ? path : `${path}.json`
  }
  const { resolve: find } = createRequire(join(folder, "tsconfig.json"))
  for (const each of [name, `${name}.json`, `${name}/tsconfig.json`])
    try {
      const path = find(each)
      if (path.endsWith(".json")) return path
    } catch {
      // Under the next name, or not installed.
    }
  return ""
}

/**
 * JSON with comments and commas before closing brackets.
 *
 * @param {string} text
 */
function parse(text) {
  /** @param {string} _ @param {string | undefined} string */
  const keepStrings = (_, string) => string ?? ""
  const bare = text
    .replace(/^\uFEFF/, "")
    .replace(/("(?:\\.|[^"\\])*")|\/\/.*|\/\*[\s\S]*?\*\//g, keepStrings)
    .replace(/("(?:\\.|[^"\\])*")|,(?=\s*[}\]])/g, keepStrings)
  return JSON.parse(bare)
}
