import { fork } from "node:child_process"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Command } from "commander"
import type { Casing } from "../../db/dialect/casing.ts"
import type { DialectName } from "../../db/dialect/choose.ts"
import type { SearchIndex } from "../../db/dialect/search-types.ts"
import { tableFunction } from "../../db/dialect/table-dialect.ts"
import { journalPath } from "../../db/migrations/files.ts"
import type { Project } from "../project.ts"
import type { Answer, Question } from "./dialect.ts"
import { isOf, whyNone, whyOnly } from "./kinds-of-tables.ts"
import type { Script } from "./script.ts"
import { type SearchState, searchMarks, searchState, searchStates, withSearch } from "./search.ts"
import { parseRename } from "./snapshot.ts"
import { writeDown, writeMigration } from "./write.ts"

const urls: Record<DialectName, string> = { sqlite: "file:none.db", postgres: "postgres://none/none" }
const kinds: Record<DialectName, string> = { sqlite: "sqlite", postgres: "postgresql" }

/** Runs drizzle-kit for a dialect in a child process, since the schema chooses its dialect when it is loaded. */
function askChild(dialect: DialectName, question: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, "dialect.ts"), {
      env: { ...process.env, DATABASE_URL: urls[dialect] },
      execArgv: ["--import", join(import.meta.dirname, "../../runtime/fast-imports.js")],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    })
    let errorOutput = ""
    child.stderr?.on("data", (chunk) => {
      errorOutput += chunk
    })
    let answer: Answer | undefined
    child.once("message", (message) => {
      answer = message as Answer
    })
    child.once("close", () => {
      if (answer) return resolve(answer)
      const reason = errorOutput.split("\n").find((line) => /error/i.test(line))
      reject(
        new Error(`drizzle-kit ended without a result for ${dialect}${reason ? `: ${reason.trim()}` : ""}`),
      )
    })
    child.send(question)
  })
}

interface Options {
  name?: string
  rename: string[]
  drop: string[]
}

/** Collects the values of an option that may be repeated. */
const collect = (value: string, previous: string[]): string[] => [...previous, value]

export function generateCommand(command: Command, project: Project): Command {
  return command
    .description(
      "Write the next migration and its way back, for both dialects, or for the one that the tables are of",
    )
    .option("--name <name>", "the name of the migration, such as add_notes")
    .option(
      "--rename <table.column=new>",
      "a column (or table=new) that was renamed; repeatable",
      collect,
      [],
    )
    .option(
      "--drop <table.column>",
      "a column (or table) that is dropped with its data; repeatable",
      collect,
      [],
    )
    .action((options: Options) => generate(project, options))
}

async function generate(project: Project, { name, rename, drop }: Options): Promise<void> {
  if (!name || !/^[a-z0-9_-]{1,60}$/i.test(name))
    throw new Error("--name: give the migration a name of letters, digits, - and _, as in --name add_notes")
  const question: Question = {
    schema: fileURLToPath(project.schema),
    migrations: project.migrations.href,
    renames: rename.map(parseRename),
    drops: drop,
  }
  const asked = await askAll(["sqlite", "postgres"], question)
  const dialects = dialectsOf(asked)
  // The API chooses its dialect when it is loaded, by this.
  if (dialects.length === 1) process.env.DATABASE_URL = urlFor(dialects[0] as DialectName)
  // Loads the API for its checks: no migration is written for an API with mistakes.
  const { api } = await project.api()
  const answers = await withCasing(dialects, asked, question, api.casing)
  // Nothing is written unless all dialects succeed: they must have the same migrations.
  for (const dialect of dialects) {
    const refusal = answers[dialect]?.refusal
    if (refusal) throw new Error(`${dialect}: ${refusal}`)
  }
  const indexes = api.resources.flatMap(({ search }) => search?.index ?? [])
  for (const dialect of dialects) write(dialect, name, answers[dialect] as Answer, indexes)
  const [only, second] = dialects
  const tables = only && answers[only]?.tables
  if (tables && !second) console.log(whyOnly(only, tables))
}

type Answers = Partial<Record<DialectName, Answer>>

async function askAll(dialects: DialectName[], question: Question): Promise<Answers> {
  const answers = await Promise.all(dialects.map((dialect) => askChild(dialect, question)))
  return Object.fromEntries(dialects.map((dialect, i) => [dialect, answers[i]]))
}

/** Why a dialect has no migration, with its name where others have another reason. */
function refusalOf(failed: DialectName, answers: Answers): string {
  const refusals = new Set(Object.values(answers).map(({ refusal }) => refusal))
  const refusal = answers[failed]?.refusal
  return refusals.size === 1 ? `${refusal}` : `${failed}: ${refusal}`
}

/** The dialects to write migrations for: both, or the one of the schema's tables. Throws one line where they disagree. */
function dialectsOf(answers: Answers): DialectName[] {
  const both: DialectName[] = ["sqlite", "postgres"]
  const able = both.filter((dialect) => isOf(dialect, answers[dialect]?.tables))
  const loaded = both.flatMap((dialect) => answers[dialect]?.tables ?? [])
  const failed = both.find((dialect) => !answers[dialect]?.tables)
  if (able.length === 0) throw new Error(failed ? refusalOf(failed, answers) : whyNone(loaded))
  const only = able.length === 1 ? able[0] : undefined
  // A schema of one dialect may fail to load under the other.
  if (!only || (loaded.length < both.length && answers[only]?.tables?.[only].length === 0)) return both
  const config = answers[only]?.config
  if (config && config.dialect !== only)
    throw new Error(
      `${config.file} is not for ${only}, and ${answers[only]?.tables?.[only][0]} is made by ${tableFunction[only]}: correct its dialect`,
    )
  return [only]
}

/** A `DATABASE_URL` of a dialect: the environment's own where it fits. */
function urlFor(dialect: DialectName): string {
  const url = process.env.DATABASE_URL ?? ""
  return url && /^postgres(ql)?:/.test(url) === (dialect === "postgres") ? url : urls[dialect]
}

/** The answers with the casing of the API, which only the config's own can have told the children. */
async function withCasing(
  dialects: DialectName[],
  answers: Answers,
  question: Question,
  casing: Casing | undefined,
): Promise<Answers> {
  const [config] = dialects.flatMap((dialect) => answers[dialect]?.config ?? [])
  if (casing === undefined || casing === config?.casing) return answers
  if (config?.casing)
    throw new Error(
      `casing is "${casing}" for the API, and "${config.casing}" in ${config.file}: make them the same`,
    )
  return askAll(dialects, { ...question, casing })
}

/** Writes the ways back that are missing. */
function writeMissing(
  dialect: DialectName,
  { folder, missing, unknown }: Answer,
  states: Map<string | undefined, SearchState>,
): void {
  const tags = [...states.keys()]
  const back = (tag: string, down: Script): Script => {
    const earlier = states.get(tags[tags.indexOf(tag) - 1]) as SearchState
    return withSearch(dialect, down, states.get(tag) as SearchState, earlier)
  }
  const byHand = unknown.map((tag) => ({ tag, down: back(tag, { statements: [], losses: [] }) }))
  const made = missing.map(({ tag, down }) => ({ tag, down: back(tag, down) }))
  for (const { tag, down } of [...made, ...byHand].filter(({ down }) => down.statements.length)) {
    writeDown(folder, tag, down)
    console.log(`${dialect}: down/${tag}.sql, which was missing`)
  }
  for (const { tag, down } of byHand)
    if (down.statements.length === 0)
      console.log(`${dialect}: ${tag} was written by hand; write what undoes it into down/${tag}.sql`)
}

/** Writes what a dialect's answer says, and prints a line for each file. */
function write(dialect: DialectName, name: string, answer: Answer, indexes: SearchIndex[]): void {
  const { folder, prefix, next } = answer
  const states = existsSync(journalPath(folder))
    ? searchStates(folder, dialect)
    : searchStates(folder, dialect, [])
  writeMissing(dialect, answer, states)
  const before = [...states.values()].at(-1) as SearchState
  const after = searchState(indexes, dialect)
  const up = next && withSearch(dialect, next.up, before, after)
  if (!next || !up?.statements.length) {
    console.log(`${dialect}: nothing has changed`)
    return
  }
  const down = withSearch(dialect, next.down, after, before)
  const heading = searchMarks(before, after)
  const tag = writeMigration(folder, kinds[dialect], name, { ...next, up, down }, prefix, heading)
  console.log(`${dialect}: ${tag}.sql and down/${tag}.sql`)
  for (const loss of next.up.losses) console.log(`  loses data: ${loss}`)
  for (const loss of next.down.losses) console.log(`  its way back loses data: ${loss}`)
  for (const warning of next.warnings) console.log(`  note: ${warning}`)
}
