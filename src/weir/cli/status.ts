import type { Command } from "commander"
import type { Database } from "../db/driver.ts"
import { othersLine } from "../db/migrations/origin.ts"
import { migrationsFor, originFor, withDatabase } from "./database.ts"
import type { Project } from "./project.ts"

export function statusCommand(command: Command, project: Project): Command {
  return command
    .description(
      "Show which migrations are applied, pending, edited after they were applied, or out of order",
    )
    .addHelpText(
      "after",
      "\nExits with 0 when all migrations are applied, 1 when one is pending or a table is missing, 2 when one was edited, is out of order or is not in the folder.",
    )
    .action(() => withDatabase(project, (database) => run(project, database)))
}

async function run(project: Project, database: Database): Promise<void> {
  const folder = await migrationsFor(project, database)
  const origin = await originFor(project, database, folder)
  const { migrations, unknown } = origin.status
  if (origin.kind === "others") {
    console.log(othersLine(database, origin, folder.shown))
    if (origin.missing.length) console.log(`  it lacks ${origin.missing.join(", ")}, which the API serves`)
    if (origin.missing.length) process.exitCode = 1
    return
  }
  console.log(database.label)
  if (migrations.length === 0) console.log(`  there are no migrations in ${folder.shown}`)
  if (migrations.length === 0 && origin.missing.length) {
    console.log(`  it lacks ${origin.missing.join(", ")}, which the API serves: npm run db:generate`)
    process.exitCode = 1
  }
  for (const { migration, state } of migrations) {
    const way = migration.down
      ? migration.down.losses.length
        ? "; its way back loses data"
        : ""
      : "; no way back"
    console.log(`  ${migration.tag}  ${state}${way}`)
  }
  for (const { hash, stamp } of unknown)
    console.log(`  ${hash.slice(0, 12)} of ${new Date(stamp).toISOString()}  applied, but not in this folder`)
  const states = new Set(migrations.map(({ state }) => state))
  if (unknown.length || states.has("edited") || states.has("out of order")) process.exitCode = 2
  else if (states.has("pending")) process.exitCode = 1
}
