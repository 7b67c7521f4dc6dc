import { Command } from "commander"
import { fail } from "../runtime/fail.ts"
import type { Project } from "./project.ts"

type MakeCommand = (command: Command, project: Project) => Command | Promise<Command>

/** The commands, by the name after `npm run db:`. Each loads only the modules that it needs. */
const loaders: Record<string, () => Promise<MakeCommand>> = {
  generate: async () => (await import("./generate/command.ts")).generateCommand,
  migrate: async () => (await import("./migrate.ts")).migrateCommand,
  rollback: async () => (await import("./rollback.ts")).rollbackCommand,
  status: async () => (await import("./status.ts")).statusCommand,
  "check-d1": async () => (await import("./d1/command.ts")).checkD1Command,
  rehearse: async () => (await import("./rehearse/command.ts")).rehearseCommand,
  backup: async () => (await import("./backup.ts")).backupCommand,
  restore: async () => (await import("./restore.ts")).restoreCommand,
  seed: async () => (await import("./seed.ts")).seedCommand,
  import: async () => (await import("./import/command.ts")).importCommand,
  export: async () => (await import("./export.ts")).exportCommand,
  adopt: async () => (await import("./adopt/command.ts")).adoptCommand,
  doctor: async () => (await import("./doctor.ts")).doctorCommand,
}

/** The script in package.json that runs a command. */
const scriptOf = (name: string): string => (name === "doctor" || name === "adopt" ? name : `db:${name}`)

/**
 * Runs the command that the process's arguments name on a project. On an error, it prints one line and exits with 1.
 *
 * @example await commands({ api: () => import("./api.ts"), seeds: () => import("./seed.ts"), schema, migrations })
 */
export async function commands(project: Project): Promise<void> {
  const [name = "", ...args] = process.argv.slice(2)
  const names = Object.keys(loaders).join(", ")
  try {
    if (name === "" || name === "--help" || name === "-h") {
      console.log(`npm run db:<command> -- --help, for ${names}; npm run doctor; npm run adopt`)
      process.exit(0)
    }
    const load = Object.hasOwn(loaders, name) ? loaders[name] : undefined
    if (!load) throw new Error(`there is no command db:${name}; the commands are ${names}`)
    const command = new Command(`npm run ${scriptOf(name)} --`).showSuggestionAfterError()
    const make = await load()
    await (await make(command, project)).parseAsync(args, { from: "user" })
  } catch (error) {
    const { SettingError } = await import("../runtime/settings.ts")
    fail(`${scriptOf(name)}:`, error instanceof SettingError ? new Error(error.message) : error)
  }
}
