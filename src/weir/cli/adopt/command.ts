import { fork } from "node:child_process"
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join, relative, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import type { Command } from "commander"
import type { Casing } from "../../db/dialect/casing.ts"
import { readDrizzleConfig } from "../../runtime/drizzle-config.ts"
import { rootOf } from "../../runtime/migrations.ts"
import type { Project } from "../project.ts"
import type { Found, Question, Reply } from "./inspect.ts"
import { isReplaceable, isSample, marked } from "./replace.ts"
import { report } from "./report.ts"
import { sampleFiles } from "./samples.ts"
import { apiText, resourcesText } from "./text.ts"

interface Options {
  open?: true
  force?: true
  casing?: string
}

export function adoptCommand(command: Command, project: Project): Command {
  return command
    .description("Write src/resources.ts and src/api.ts for a schema: every table, closed but for admins")
    .argument("<schema>", "the schema's file, or the folder of its index.ts")
    .option("--open", "every table open to anyone, for a trial on one's own machine")
    .option("--force", "replace files that were changed")
    .option("--casing <casing>", "snake_case or camelCase, where drizzle.config.ts does not say")
    .action((schema: string, options: Options) => adopt(project, schema, options))
}

async function adopt(project: Project, given: string, options: Options): Promise<void> {
  const { open = false, force = false } = options
  const file = schemaFile(given)
  const source = sourceFolder(project.schema)
  const paths = { resources: join(source, "resources.ts"), api: join(source, "api.ts") }
  const shown = (path: string) => relative(process.cwd(), path)
  const changed = Object.values(paths).filter((path) => !isReplaceable(path))
  if (changed.length && !force)
    throw new Error(
      `${changed.map(shown).join(" and ")} would be replaced: add --force to lose what is there`,
    )
  const casing = await casingOf(project, options.casing)
  const found = await find({ file, accounts: !open, ...(casing === undefined ? {} : { casing }) })
  const from = importOf(source, file)
  const description = { ...packageOf(project), ...(casing === undefined ? {} : { casing }) }
  const root = rootOf(project.migrations)
  const unused = isSample(paths.api) ? sampleFiles.filter((path) => existsSync(join(root, path))) : []
  writeFileSync(paths.resources, marked(resourcesText(found, from, open)))
  writeFileSync(paths.api, marked(apiText(found, from, description)))
  const written = { open, files: Object.values(paths).map(shown), schema: shown(file), unused }
  for (const line of report(found, written)) console.log(line)
}

/** The file of a schema. Throws one line where there is none. */
function schemaFile(given: string): string {
  const path = resolve(given)
  if (!existsSync(path)) throw new Error(`${given} does not exist`)
  if (!statSync(path).isDirectory()) return path
  const index = ["index.ts", "index.js", "index.mts", "index.mjs"].find((name) =>
    existsSync(join(path, name)),
  )
  if (index === undefined) throw new Error(`${given} has no index.ts: name the file that exports the tables`)
  return join(path, index)
}

/** The folder of `api.ts`: the one in which the schema's folder, or its file, lies. */
const sourceFolder = (schema: URL): string =>
  fileURLToPath(new URL(schema.pathname.endsWith("/") ? ".." : ".", schema))

/** The schema's file as a file in the folder imports it. */
function importOf(folder: string, file: string): string {
  const path = relative(folder, file).replaceAll("\\", "/")
  return path.startsWith(".") ? path : `./${path}`
}

async function casingOf(project: Project, given: string | undefined): Promise<Casing | undefined> {
  if (given !== undefined && given !== "snake_case" && given !== "camelCase")
    throw new Error(`--casing ${given}: must be snake_case or camelCase`)
  if (given !== undefined) return given
  const url = process.env.DATABASE_URL || "file:weir.db"
  return (await readDrizzleConfig(rootOf(project.migrations), url))?.casing
}

/** Title and version of the API: those of package.json. */
function packageOf(project: Project): { title: string; version: string } {
  const path = join(rootOf(project.migrations), "package.json")
  const { name = "", version = "0.1.0" } = existsSync(path)
    ? (JSON.parse(readFileSync(path, "utf8")) as { name?: string; version?: string })
    : {}
  const title =
    name
      .replace(/^@[^/]+\//, "")
      .replace(/[-_]+/g, " ")
      .trim() || "API"
  return { title: title.slice(0, 1).toUpperCase() + title.slice(1), version }
}

const urls = { sqlite: "file:none.db", postgres: "postgres://none/none" }

/** Has a child process load the schema, under the dialect of its tables. */
async function find(question: Question): Promise<Found> {
  const { DATABASE_URL = "" } = process.env
  const first = /^postgres(ql)?:/.test(DATABASE_URL) ? "postgres" : "sqlite"
  const second = first === "sqlite" ? "postgres" : "sqlite"
  let reply = await ask(question, urls[first])
  // A schema may be such that it loads under its own dialect alone.
  if (!("found" in reply)) {
    const other = await ask(question, urls[second])
    if ("found" in other || "isOfOther" in reply) reply = other
  }
  if ("refusal" in reply) throw new Error(reply.refusal)
  if ("isOfOther" in reply) throw new Error("the schema is of no dialect")
  return reply.found
}

function ask(question: Question, url: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, "inspect.ts"), {
      env: { ...process.env, DATABASE_URL: url },
      execArgv: ["--import", join(import.meta.dirname, "../../runtime/fast-imports.js")],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    })
    let reply: Reply | undefined
    child.once("message", (message) => {
      reply = message as Reply
    })
    child.once("close", () =>
      reply ? resolve(reply) : reject(new Error(`${question.file} ended the process that loads it`)),
    )
    child.send(question)
  })
}
