import { createInterface } from "node:readline/promises"
import type { Command } from "commander"
import type { Migration } from "../../db/migrations/files.ts"
import { findMigrations } from "../../runtime/migrations.ts"
import type { Project } from "../project.ts"
import { findRisks, type Risk } from "./risks.ts"
import { askD1, type D1Place } from "./wrangler.ts"

interface Options {
  binding: string
  remote?: true
  env?: string
  persistTo?: string
  force?: true
}

export function checkD1Command(command: Command, project: Project): Command {
  return command
    .description("Refuse where a pending migration would lose rows on D1, which cannot turn foreign keys off")
    .option("--binding <name>", "the binding of the D1 in wrangler.toml", "DB")
    .option("--remote", "ask the D1 at Cloudflare (default: the local one)")
    .option("--env <name>", "the environment of wrangler.toml")
    .option("--persist-to <folder>", "where wrangler keeps the local D1")
    .option("--force", "accept that the rows are lost")
    .addHelpText("after", "\nRun it before: npx wrangler d1 migrations apply DB --local, or --remote")
    .action((options: Options) => run(project, options))
}

async function run(project: Project, options: Options): Promise<void> {
  const { migrations } = await findMigrations(project.migrations, "sqlite", "d1:")
  const risks = await findRisks(migrations)
  // Asking D1 takes seconds, and the migrations of db:generate never need it.
  if (risks.length === 0 || options.force) return
  const lines = await lossesOn(placeOf(options), migrations, risks)
  if (lines.length === 0) return
  if (!process.stdin.isTTY)
    throw new Error(
      `${lines.join("; ")}. docs/migrations.md says how to keep them; add --force where they may be lost`,
    )
  for (const line of lines) console.log(line)
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await terminal.question("Lose them? [y/N] ")
  terminal.close()
  if (!/^y(es)?$/i.test(answer.trim())) throw new Error("nothing was applied, and no row is lost")
}

const placeOf = ({ binding, remote, env, persistTo }: Options): D1Place => ({
  binding,
  options: [
    remote ? "--remote" : "--local",
    ...(env === undefined ? [] : ["--env", env]),
    ...(persistTo === undefined ? [] : ["--persist-to", persistTo]),
  ],
})

/** What pending migrations would lose of the rows that a D1 holds, one line each. */
async function lossesOn(place: D1Place, migrations: Migration[], risks: Risk[]): Promise<string[]> {
  // D1 refuses questions about its own tables, so the question names those that it means.
  const names = ["d1_migrations", ...risks.map(({ table }) => table)].map(
    (name) => `'${name.replaceAll("'", "''")}'`,
  )
  const columns = await askD1(
    place,
    `select m.name as t, c.name as c from sqlite_master m join pragma_table_info(m.name) c where m.name in (${names.join(", ")})`,
  )
  const has = (table: string, column: string) => columns.some(({ t, c }) => t === table && c === column)
  const present = risks.filter(({ table, column }) => has(table, column))
  const counts = present.map(({ table, column }, i) => `(select count("${column}") from "${table}") as n${i}`)
  const ledger = has("d1_migrations", "name")
    ? ["(select json_group_array(name) from d1_migrations) as applied"]
    : []
  const [row = {}] =
    counts.length + ledger.length ? await askD1(place, `select ${[...ledger, ...counts].join(", ")}`) : []
  const applied = JSON.parse(String(row.applied ?? "[]")) as string[]
  const pending = migrations.filter(({ tag }) => !applied.includes(`${tag}.sql`)).map(({ tag }) => tag)
  return risks.flatMap((risk) => {
    const rows = risk.inserted + Number(row[`n${present.indexOf(risk)}`] ?? 0)
    if (!pending.includes(risk.tag) || rows === 0) return []
    const loss =
      risk.effect === "deletes"
        ? `deletes ${rows} rows of ${risk.table}`
        : `empties ${risk.column} in ${rows} rows of ${risk.table}`
    return [`${risk.tag} drops ${risk.dropped}, which on D1 ${loss}`]
  })
}
