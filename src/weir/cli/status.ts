import type { Command } from "commander"
import type { Database } from "../db/driver.ts"
import { migrationStatus } from "../db/migrations/apply.ts"
import { migrationsFor, withDatabase } from "./database.ts"
import type { Project } from "./project.ts"

export function statusCommand(command: Command, project: Project): Command {
  return command
    .description(
      "Show which migrations are applied, pending, edited after they were applied, or out of order",
    )
    .addHelpText(
      "after",
      "\nExits with 0 when all migrations are applied, 1 when one is pending, 2 when one was edited, is out of order or is not in the folder.",
    )
    .action(() => withDatabase(project, (database) => run(project, database)))
}

async function run(project: Project, database: Database): Promise<void> {
  const { migrations, unknown } = await migrationStatus(database, migrationsFor(project, database))
  console.log(database.label)
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
