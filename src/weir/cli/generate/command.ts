import { fork } from "node:child_process"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Command } from "commander"
import type { DialectName } from "../../db/dialect/choose.ts"
import { migrationsOf } from "../../runtime/migrations.ts"
import type { Project } from "../project.ts"
import type { Answer, Question } from "./dialect.ts"
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
    .description("Write the next migration and its way back, for both dialects")
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
  // Loads the API for its checks: no migration is written for an API with mistakes.
  await project.api()
  const dialects: DialectName[] = ["sqlite", "postgres"]
  const renames = rename.map(parseRename)
  const answers = await Promise.all(
    dialects.map((dialect) =>
      askChild(dialect, {
        schema: fileURLToPath(project.schema),
        folder: migrationsOf(project.migrations, dialect),
        renames,
        drops: drop,
      }),
    ),
  )
  // Nothing is written unless both dialects succeed: they must have the same migrations.
  for (const [i, { refusal }] of answers.entries()) if (refusal) throw new Error(`${dialects[i]}: ${refusal}`)
  for (const [i, { next, missing, unknown }] of answers.entries()) {
    const dialect = dialects[i] as DialectName
    const folder = migrationsOf(project.migrations, dialect)
    for (const { tag, down } of missing) {
      writeDown(folder, tag, down)
      console.log(`${dialect}: down/${tag}.sql, which was missing`)
    }
    for (const tag of unknown)
      console.log(`${dialect}: ${tag} was written by hand; write what undoes it into down/${tag}.sql`)
    if (!next) {
      console.log(`${dialect}: nothing has changed`)
      continue
    }
    const tag = writeMigration(folder, kinds[dialect], name, next)
    console.log(`${dialect}: ${tag}.sql and down/${tag}.sql`)
    for (const loss of next.up.losses) console.log(`  loses data: ${loss}`)
    for (const loss of next.down.losses) console.log(`  its way back loses data: ${loss}`)
    for (const warning of next.warnings) console.log(`  note: ${warning}`)
  }
}
